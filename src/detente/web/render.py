"""A page is a template, the strip that every page bears, and what the desk found. Errors are pages too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from detente.adapters.config import Config
from detente.errors import ADVICE, DetenteError, GivenError
from detente.web.line import Line
from detente.web.live import Hub, index_of
from detente.web.roles import ROLES, desks, may
from detente.web.sessions import same
from detente.web.words import Words

DESKS = {
    "watch": "Watch", "areas": "Areas", "lists": "Lists", "before": "Before an act", "release": "Release",
    "agreement": "Agreement", "findings": "Findings", "record": "Record", "operators": "Operators",
}  # fmt: skip
Form = Mapping[str, str]
Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """What all pages share: the templates, the house, the hub."""

    def __init__(self, config: Config, line: Line, hub: Hub) -> None:
        self.config, self.line, self.hub = config, line, hub
        folder = Path(__file__).parent / "templates"
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters.update(Words(config.zone).filters())
        self._templates.globals.update(may=may, desk_names=DESKS, roles=ROLES)

    async def show(self, request: Request, template: str, desk: str, status: int = 200, **found: Any) -> Response:
        """Render a page with its strip; `desk` is the one that is open."""
        operator = request.state.operator
        values = {
            "desk": desk, "operator": operator, "form_token": request.state.session.form if operator else "",
            "shown": [each for each in DESKS if each in desks(operator.roles)] if operator else [],
            "index": index_of(self.hub.position) if operator and self.hub.position["logs"] else "", "said": _flash(request), **found,
        }  # fmt: skip
        if "state" not in values:
            values["state"] = await self._state()
        values["stops"] = await self._stops() if operator and values["state"] else None
        text = self._templates.get_template(template).render(values)
        answer = HTMLResponse(text, status)
        if values["said"]:
            answer.delete_cookie("said", path="/")
        return answer

    async def _state(self) -> dict[str, Any] | None:
        try:
            return await self.line.ask("state")
        except DetenteError:
            return None

    async def _stops(self) -> dict[str, Any] | None:
        """What the strip of every page says of STOP; None where the agreement has no STOP or cannot be read."""
        try:
            return await self.line.ask("stops")
        except DetenteError:
            return None

    async def refused(self, request: Request, error: DetenteError, desk: str = "") -> Response:
        """The page of an error: what, where, whose fault, what to do. Nothing is lost."""
        advice = ADVICE.get(error.code, "")
        status = {"node-unreachable": 503, "unknown-name": 404}.get(
            error.code, 403 if error.code == "not-your-role" else 400
        )
        return await self.show(request, "refused.html", desk, status, error=error, advice=advice)

    def page(self, desk: str, handler: Handler) -> Handler:
        """A page that only those see whose roles show its desk."""

        async def checked(request: Request) -> Response:
            try:
                if desk not in desks(request.state.operator.roles):
                    raise GivenError(
                        "not-your-role", f"the page {DESKS[desk]} is not shown to {_roles(request)}", where=desk
                    )
                return await handler(request)
            except DetenteError as error:
                return await self.refused(request, error, desk)

        return checked

    def act(self, name: str, handler: Callable[[Request, Form], Awaitable[str | Response]], back: str) -> Handler:
        """A form's action: token and role are checked, then what `handler` says is shown on the page it came from.

        A handler that has to show something first (a warning to look at) gives that page instead.
        """

        async def checked(request: Request) -> Response:
            try:
                form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
                if not same(form.get("token", ""), request.state.session.form):
                    raise GivenError("form-expired", "the form bears no token of this session", where=name)
                if not may(request.state.operator.roles, name):
                    raise GivenError("not-your-role", f"{name} is not offered to {_roles(request)}", where=name)
                said = await handler(request, form)
            except DetenteError as error:
                return await self.refused(request, error, back)
            return said if isinstance(said, Response) else answer_with(said, f"/{back}")

        return checked

    async def send(self, request: Request, do: str, **values: Any) -> dict[str, Any]:
        """An act of this operator: the house keeps the post that gave it."""
        return await self.line.ask(do, operator=request.state.operator.name, **values)


def answer_with(said: str, target: str) -> Response:
    """Back to a page, which then shows what was done."""
    answer = RedirectResponse(target, 303)
    answer.set_cookie("said", said.encode().hex()[:3000], max_age=30, httponly=True, samesite="strict", path="/")
    return answer


def _flash(request: Request) -> str:
    try:
        return bytes.fromhex(request.cookies.get("said", "")).decode("utf-8", "replace")
    except ValueError:
        return ""


def _roles(request: Request) -> str:
    return ", ".join(ROLES[role].words for role in request.state.operator.roles)
