"""What every request passes before a page sees it: host, size, rate, session, form token; and the headers of every answer.

Nothing of a page comes from another host, and no other page may frame it or post to it (CSP, Origin, form token). A request
whose Host is not the address listened on is refused: a name that somebody else's DNS points at loopback is none of ours.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detente.web.operators import Operator, Operators
from detente.web.sessions import Session, Sessions

COOKIE = "detente-session"
MOST_BYTES = 16 * 2**20
SECONDS, REQUESTS = 10.0, 300
"""So many requests of one address in so many seconds; beyond it 429."""
OPEN = ("/sign-in", "/static/")
STOP = "/stop/raise"
"""Never refused for too many requests to a post that is signed in; and never turned into a sign-in page in silence."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), payment=()",
}
State = MutableMapping[str, Any]


class Door:
    """ASGI middleware around the pages. `hosts`: the Host headers that are ours."""

    def __init__(self, app: ASGIApp, operators: Operators, sessions: Sessions, hosts: frozenset[str]) -> None:
        self._app = app
        self._operators = operators
        self._sessions = sessions
        self._hosts = hosts
        self._asked: dict[str, tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, _limited(receive), with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """Why a request gets no further; or None, with operator and session in its state."""
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts:
            return PlainTextResponse("refused: this is not the address of this node's pages\n", 421)
        session, operator = self._who(scope)
        if self._too_many(scope) and not (operator and scope["path"] == STOP):
            return PlainTextResponse("refused: too many requests; wait ten seconds\n", 429, {"Retry-After": "10"})
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return PlainTextResponse(f"refused: a body has at most {MOST_BYTES} bytes\n", 413)
        scope.setdefault("state", {}).update(session=session, operator=operator)
        if scope["method"] not in ("GET", "HEAD"):
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2] not in self._hosts:
                return PlainTextResponse("refused: the form came from another page than this node's\n", 403)
        if operator is None and scope["path"] == STOP:
            return PlainTextResponse(
                "STOP NOT SENT: this session has ended. Call by voice now, or sign in again.\n", 401
            )
        if operator is None and not scope["path"].startswith(OPEN):
            if scope["path"].startswith(("/live", "/map")):
                return PlainTextResponse("refused: sign in first\n", 401)
            return RedirectResponse("/sign-in", 303)
        return None

    def _who(self, scope: Scope) -> tuple[Session | None, Operator | None]:
        token = HTTPConnection(scope).cookies.get(COOKIE, "")
        session = self._sessions.find(token, time.time(), live=scope["path"] == "/live")
        operator = self._operators.get(session.name) if session else None
        if session and (operator is None or operator.changed > session.began):
            self._sessions.end(token)
            return None, None
        return session, operator

    def _too_many(self, scope: Scope) -> bool:
        """Counted for each address; the table is emptied with each new span of time."""
        address = (scope.get("client") or ("",))[0]
        now = time.monotonic()
        since, count = self._asked.get(address, (now, 0))
        if now - since > SECONDS:
            since, count = now, 0
        if len(self._asked) > 1000:
            self._asked.clear()
        self._asked[address] = (since, count + 1)
        return count >= REQUESTS


def _limited(receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A body without a stated length is bounded too."""
    got = 0

    async def bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > MOST_BYTES:
            return {"type": "http.disconnect"}
        return message

    return bounded
