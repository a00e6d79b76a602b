"""The release page: what waits at home, for whom and until when; exactly what would leave; answers of agencies; taking back."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.errors import DetenteError, GivenError
from detente.web.pages.areas import came_of
from detente.web.render import Form, Pages


def routes(pages: Pages) -> list[Route]:
    """`/release`, the preview and the request of a draft, and its acts."""

    async def show(request: Request) -> Response:
        found = await pages.line.ask("drafts")
        policy = await pages.line.ask("policy")
        log = await pages.line.ask("approvals")
        return await pages.show(
            request, "release.html", "release", drafts=found["drafts"], states=found["states"], now=found["now"],
            policy=policy["in_force"], proposed=policy.get("proposed"), log=log["lines"][-12:][::-1], log_size=log["size"],
            previews=await _previews(found["drafts"]),
        )  # fmt: skip

    async def _previews(drafts: dict[str, Any]) -> dict[str, str]:
        found = {}
        for name in drafts:
            try:
                found[name] = (await pages.line.ask("preview", draft=name))["text"]
            except DetenteError as error:
                found[name] = f"Cannot be shown: {error.what}"
        return found

    async def paper(request: Request) -> Response:
        name = request.query_params.get("draft", "")
        answer = await pages.line.ask("approval_request", draft=name)
        safe = "".join(each for each in name if each.isalnum() or each in "-_")
        headers = {"Content-Disposition": f'attachment; filename="request-{safe}"'}
        return Response(answer["file"], media_type="application/octet-stream", headers=headers)

    async def draft(request: Request, form: Form) -> str:
        name, act = form.get("draft", ""), form.get("act", "")
        if act == "discard":
            await pages.send(request, "discard", draft=name)
            return f"Draft {name} is forgotten; nothing was said."
        if act == "recall":
            await pages.send(request, "recall", draft=name, reason=form.get("reason", ""))
            return f"Draft {name} is recalled; nothing of it has left."
        if act != "release":
            raise GivenError("unknown-name", f"no act {act[:40]!r} of a draft", where="act")
        return came_of(f"draft {name}", await pages.send(request, "release", draft=name))

    async def take(request: Request, form: Form) -> str:
        text = form.get("text", "")
        file = (await request.form()).get("file")
        if isinstance(file, UploadFile) and file.filename:
            text = (await file.read()).decode("utf-8", "replace")
        if not text.strip():
            raise GivenError("approval-invalid", "choose the signed file of an agency, or paste it", where="file")
        answer = await pages.send(request, "approve", file=text)
        if "says" in answer:
            return f"Taken: {answer['taken']} says {answer['says']} of draft {answer['draft']}, now {answer['state']['state']}."
        return f"Taken: {answer.get('taken') or 'a signature under policy version ' + str(answer.get('version'))}."

    return [
        Route("/release", pages.page("release", show)),
        Route("/release/request", pages.page("release", paper)),
        Route("/release/draft", pages.act("release.release", draft, "release"), methods=["POST"]),
        Route("/release/answer", pages.act("release.answer", take, "release"), methods=["POST"]),
    ]
