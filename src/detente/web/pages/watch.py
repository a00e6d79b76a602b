"""The watch page: what runs out and what then, what waits for this node, what went wrong. Nothing here is a second record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.errors import DetenteError
from detente.web.render import Pages

HOUR = 3_600_000
MOST_REFUSALS = 12


class Due(NamedTuple):
    """Something that happens by the clock: when (ms), what, and what then."""

    at: int
    what: str
    then: str
    desk: str


class Open(NamedTuple):
    """Something that waits for this node."""

    what: str
    desk: str


def routes(pages: Pages) -> list[Route]:
    """`/watch`."""

    async def show(request: Request) -> Response:
        state = await pages.line.ask("state")
        areas, lists = await _desk(pages, "areas"), await _desk(pages, "lists")
        drafts = (await pages.line.ask("drafts"))["drafts"]
        refusals = (await pages.line.ask("refusals", last=MOST_REFUSALS))["refusals"]
        now = state["now"]
        return await pages.show(
            request, "watch.html", "watch", state=state, due=sorted(_due(lists, now)), refusals=refusals[::-1],
            waiting=[*_waiting(areas, lists, state["code"]), *_drafts(drafts)], misfits=lists.get("misfits", []),
        )  # fmt: skip

    return [Route("/watch", pages.page("watch", show))]


async def _desk(pages: Pages, name: str) -> dict[str, Any]:
    """What a desk knows; empty where the agreement has none of the kind."""
    try:
        return await pages.line.ask(name)
    except DetenteError as error:
        if error.code not in ("no-desk", "not-adopted"):
            raise
        return {}


def _due(lists: dict[str, Any], now: int) -> Iterator[Due]:
    for one in lists.get("items", []):
        start, end = one["window"]
        if one["state"] == "handed over" and start > now:
            yield Due(start, f"{one['target']}: its window begins", "it lapses unless both have agreed", "lists")
        if one["state"] == "agreed" and end > now:
            yield Due(end, f"{one['target']}: its window ends", "nothing of it holds any longer", "lists")


def _waiting(areas: dict[str, Any], lists: dict[str, Any], me: str) -> Iterator[Open]:
    for one in areas.get("areas", []):
        if one["state"] in ("proposed", "countered") and me not in one["keys"]:
            yield Open(f"area {one['area']} v{one['version']} is proposed by {' and '.join(one['keys'])}", "areas")
    for one in lists.get("items", []):
        if one["state"] == "handed over" and me not in one["consents"]:
            yield Open(f"{one['target']} was handed over by {one['nominator']}: agree or refuse", "lists")


def _drafts(drafts: dict[str, Any]) -> Iterator[Open]:
    for name, draft in drafts.items():
        what = draft["fields"].get("name", draft["kind"]).replace("_", " ")
        yield Open(f"draft {name} of a {what} waits for release", "release")
