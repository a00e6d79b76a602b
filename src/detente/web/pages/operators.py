"""The operators page, for the administrator: posts, roles, passwords. Whoever is changed or removed is signed out."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.web.operators import Operators
from detente.web.render import Form, Pages
from detente.web.sessions import Sessions


def routes(pages: Pages, operators: Operators, sessions: Sessions) -> list[Route]:
    """`/operators` and its acts."""

    async def show(request: Request) -> Response:
        return await pages.show(request, "operators.html", "operators", all=operators.all())

    async def put(_: Request, form: Form) -> str:
        name = form.get("name", "")
        await asyncio.to_thread(operators.set, name, [form.get("role", "")], form.get("password", ""))
        sessions.end_all(name)
        return f"{name} has its new password; it was signed out everywhere."

    async def remove(_: Request, form: Form) -> str:
        operators.remove(form.get("name", ""))
        sessions.end_all(form.get("name", ""))
        return f"{form.get('name')} is no operator any more."

    return [
        Route("/operators", pages.page("operators", show)),
        Route("/operators/set", pages.act("operators.set", put, "operators"), methods=["POST"]),
        Route("/operators/remove", pages.act("operators.remove", remove, "operators"), methods=["POST"]),
    ]
