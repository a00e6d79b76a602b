"""Signing in and out. A wrong name and a wrong password are refused in the same words and the same time."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from detente.errors import GivenError
from detente.web.door import COOKIE
from detente.web.operators import LONGEST_PASSWORD, Operators
from detente.web.render import Pages
from detente.web.sessions import LONGEST, Sessions, same

WRONG = "name or password is wrong"
AT_ONCE = 4
"""Passwords looked at at the same time; each takes 64 MiB and some tenths of a second."""


def routes(pages: Pages, operators: Operators, sessions: Sessions) -> list[Route]:
    """`/sign-in` and `/sign-out`."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def form(request: Request) -> Response:
        if request.state.operator is not None:
            return RedirectResponse("/", 303)
        return await pages.show(request, "sign_in.html", "", wrong="")

    async def sign_in(request: Request) -> Response:
        given = await request.form()
        name, password = str(given.get("name", ""))[:64], str(given.get("password", ""))[: LONGEST_PASSWORD * 2]
        async with turns:
            operator = await asyncio.to_thread(operators.check, name, password, time.time())
        if operator is None:
            wait = operators.locked(name, time.time())
            words = f"{name} is locked after wrong passwords; try again in {wait} s" if wait else WRONG
            request.state.operator = None
            return await pages.show(request, "sign_in.html", "", 429 if wait else 403, wrong=words)
        token, _ = sessions.begin(operator.name, time.time())
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, token, max_age=LONGEST, httponly=True, samesite="strict", path="/")
        return answer

    async def sign_out(request: Request) -> Response:
        given = await request.form()
        if not same(str(given.get("token", "")), request.state.session.form):
            return await pages.refused(request, GivenError("form-expired", "the form bears no token of this session"))
        sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return [
        Route("/sign-in", form, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]
