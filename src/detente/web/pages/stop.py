"""STOP from every page: raised with two keys, acknowledged, acted on, answered, lifted. It waits for no quorum.

Without anything else it covers every strike, everywhere, until it is lifted: what is not narrowed is not narrowed. A
narrower one names an item, a place or a time.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.desks import stop as desk
from detente.errors import GivenError
from detente.geo.coordinates import read_cell
from detente.model.when import read_instant
from detente.web.render import Form, Pages

REASON = "the reason follows"
SAYINGS = {"ack": desk.ACKNOWLEDGED, "acted": desk.ACTED, "answer": desk.ANSWERED, "lift": desk.LIFTED}
WORDS = {"ack": "acknowledged", "acted": "said what was done", "answer": "answered", "lift": "lifted"}


def fields_of(form: Form) -> dict[str, Any]:
    """The fields of a STOP; GivenError names what cannot be read. What is left empty narrows nothing."""
    fields: dict[str, Any] = {"reason": form.get("reason", "").strip() or REASON}
    if text := form.get("place", "").strip():
        radius = form.get("radius", "").strip()
        cell = read_cell(text, datum=form.get("datum") or "WGS84", grid=form.get("grid") or "geographic", where="place")
        if not radius.isdigit() or int(radius) * 1000 <= cell.error_mm:
            raise GivenError(
                "shape-invalid", "give the metres around the place, more than its digits leave open", where="radius"
            )
        fields["scope"] = {"type": "circle", "coordinates": [cell.lon, cell.lat], "radius": int(radius)}
    start, end = form.get("start", "").strip(), form.get("end", "").strip()
    if start or end:
        instants = [read_instant(each.replace(" ", "T"), name) for each, name in ((start, "from"), (end, "until"))]
        fields["window"] = {"type": "period", "start": instants[0], "end": instants[1]}
    if item := form.get("item", "").strip():
        fields["item"] = item
    return fields


def routes(pages: Pages) -> list[Route]:
    """`/stop` and what is said of one."""

    async def form(request: Request) -> Response:
        return await pages.show(request, "stop.html", "watch")

    async def raise_(request: Request, given: Form) -> str:
        answer = await pages.send(request, "stop_raise", fields=fields_of(given), to="")
        if "unlogged" in answer:
            return (
                "STOP IS NOT LOGGED YET: this node may not sign now. It goes out as soon as it may. "
                "CALL BY VOICE NOW (detente stop form)."
            )
        if not answer["placed"]:
            return "STOP is NOT SENT: it waits on the release page. Call by voice now."
        return (
            "STOP is signed and on its way. It binds from the second their node signs for it; its line on this page says "
            "when. Not signed for after 60 s: call by voice."
        )

    async def say(request: Request, given: Form) -> str:
        act, stop = given.get("act", ""), given.get("stop", "")
        if act == "own":
            await pages.send(request, "stop_own", stop=stop, post=request.state.operator.name)
            return "Noted at home that own operations have it; it acknowledges nothing to the other side."
        if act not in SAYINGS:
            raise GivenError("unknown-name", f"{act[:40]!r} is nothing that is said of a STOP", where="act")
        text = given.get("text", "").strip()
        if act != "ack" and not text:
            raise GivenError(
                "bad-field", "say it in one sentence", where="what was done" if act == "acted" else "reason"
            )
        fields = {"post": request.state.operator.name, "reason": text, "what": text}
        await pages.send(request, "stop_say", name=SAYINGS[act], stop=stop, fields=fields)
        return f"STOP {stop[:16]}…: {WORDS[act]}, as {request.state.operator.name}. Signed and on its way."

    return [
        Route("/stop", pages.page("watch", form)),
        Route("/stop/raise", pages.act("stop.raise", raise_, "watch"), methods=["POST"]),
        Route("/stop/say", pages.act("watch.stop", say, "watch"), methods=["POST"]),
    ]
