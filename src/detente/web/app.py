"""The pages of one node as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from detente.adapters.config import Config
from detente.agreement.language import read_agreement
from detente.errors import DetenteError, GivenError
from detente.web.door import Door
from detente.web.line import Line
from detente.web.live import Hub
from detente.web.operators import Operators
from detente.web.pages import agreement as agreement_page
from detente.web.pages import areas, before, findings, lists, record, release, signing_in, stop, watch
from detente.web.pages import operators as operators_page
from detente.web.render import Pages
from detente.web.roles import desks
from detente.web.sessions import Sessions

STATIC = Path(__file__).parent / "static"


def application(config: Config, operators: Operators) -> Starlette:
    """All pages over one house. LocalError(config-invalid) if nothing is to be listened on."""
    agreement = read_agreement(config.agreement(), config.agreement_path.name)
    line = Line(config.control)
    hub, sessions = Hub(line), Sessions()
    pages = Pages(config, line, hub)
    designation = agreement.kinds.get("designation")
    classes = designation.fields["class"].values if designation and "class" in designation.fields else ()
    outcome = agreement.kinds.get("result")
    results = outcome.fields["result"].values if outcome and "result" in outcome.fields else ()

    async def first(request: Request) -> Response:
        shown = desks(request.state.operator.roles)
        return RedirectResponse("/watch" if "watch" in shown else f"/{min(shown)}", 303)

    async def live(request: Request) -> Response:
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return StreamingResponse(hub.events(seen), media_type="text/event-stream")

    async def strange(request: Request, error: Exception) -> Response:
        if isinstance(error, DetenteError):
            return await pages.refused(request, error)
        return await pages.refused(request, GivenError("unknown-name", f"no page {request.url.path[:80]}"))

    @contextlib.asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.follow())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    routes = [
        Route("/", first), Route("/live", live),
        *signing_in.routes(pages, operators, sessions), *watch.routes(pages), *stop.routes(pages),
        *areas.routes(pages, tuple(classes)), *lists.routes(pages, results, list(agreement.others)), *before.routes(pages, agreement),
        *findings.routes(pages, agreement),
        *release.routes(pages), *agreement_page.routes(pages, agreement, config.agreement().decode()),
        *record.routes(pages, config.terms()), *operators_page.routes(pages, operators, sessions),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]  # fmt: skip
    port = config.web.rpartition(":")[2]
    hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    door = Middleware(Door, operators=operators, sessions=sessions, hosts=hosts)
    return Starlette(
        routes=routes,
        middleware=[door],
        lifespan=alive,
        exception_handlers={404: strange, 405: strange, DetenteError: strange},
    )
