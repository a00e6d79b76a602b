"""The release page: what is kept at home, exactly what would be said, and the act that signs and sends it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.errors import GivenError
from detente.web.render import Form, Pages


def routes(pages: Pages) -> list[Route]:
    """`/release` and its acts."""

    async def show(request: Request) -> Response:
        return await pages.show(request, "release.html", "release", drafts=(await pages.line.ask("drafts"))["drafts"])

    async def draft(request: Request, form: Form) -> str:
        name = form.get("draft", "")
        if form.get("act") == "discard":
            await pages.send(request, "discard", draft=name)
            return f"Draft {name} is forgotten; nothing was said."
        if form.get("act") != "release":
            raise GivenError("request-invalid", f"no act {form.get('act')!r} of a draft", where="act")
        answer = await pages.send(request, "release", draft=name)
        placed = ", ".join(f"entry {one['entry']} of {one['origin']}" for one in answer["placed"])
        return f"Draft {name} is signed and on its way: {placed}."

    return [
        Route("/release", pages.page("release", show)),
        Route("/release/draft", pages.act("release.release", draft, "release"), methods=["POST"]),
    ]
