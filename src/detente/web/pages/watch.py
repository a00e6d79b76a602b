"""The watch page: STOPs, what a person has to see, what runs out, who is there, what silence closes. No second record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.desks.phrases import LANGUAGES, PHRASES
from detente.errors import DetenteError, GivenError
from detente.web.render import Form, Pages

MOST_REFUSALS = 12
CLOSED_DESKS = ("no-desk", "not-adopted", "agreement-invalid")
MOVES = {"take": "watch_take", "hand over": "watch_hand_over", "leave": "watch_leave"}


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
    """`/watch`, the card to print, and what a post on watch does."""

    async def show(request: Request) -> Response:
        state = await pages.line.ask("state")
        screen = await _desk(pages, "watch_screen")
        areas, lists = await _desk(pages, "areas"), await _desk(pages, "lists")
        drafts = await pages.line.ask("drafts")
        refusals = (await pages.line.ask("refusals", last=MOST_REFUSALS))["refusals"]
        now = state["now"]
        return await pages.show(
            request, "watch.html", "watch", state=state, screen=screen, due=sorted(_due(screen, lists, now)),
            refusals=refusals[::-1], waiting=[*_waiting(areas, lists, state["code"]), *_drafts(drafts)],
            misfits=screen.get("misfits", []), silent_words=PHRASES["silent"],
        )  # fmt: skip

    async def card(request: Request) -> Response:
        screen = await pages.line.ask("watch_screen")
        named = dict.fromkeys(("them", "what", "reason", "time", "post"), "______") | {"us": screen["me"]}
        phrases = {
            title: [phrase.spoken(language, **named) for phrase in PHRASES.values()]
            for language, title in LANGUAGES.items()
        }
        return await pages.show(request, "card.html", "watch", screen=screen, phrases=phrases)

    async def move(request: Request, form: Form) -> str:
        act, post = form.get("act", ""), request.state.operator.name
        if act not in MOVES:
            raise GivenError("unknown-name", f"nobody can {act[:40]!r} a watch; known: {', '.join(MOVES)}", where="act")
        people = form.get("people", "")
        values = {"post": post, "people": int(people) if people.isdigit() else people} if act == "take" else {}
        held = await pages.send(request, MOVES[act], **values)
        return f"The watch is now: {held['state']}{' by ' + held['post'] if held['post'] else ''}."

    async def seen(request: Request, form: Form) -> str:
        await pages.send(request, "watch_seen", id=form.get("id", ""), post=request.state.operator.name)
        return "Noted at home that this post has read it; nothing was said to the other side."

    async def suspend(request: Request, form: Form) -> str:
        end = form.get("act") == "resume"
        answer = await pages.send(request, "suspend", end=end, reason=form.get("reason", ""))
        if not answer["placed"]:
            return "Kept, and not said yet: it waits on the release page."
        return (
            "Said that the joint part is taken up again; it takes both."
            if end
            else "Said: the joint part is suspended."
        )

    return [
        Route("/watch", pages.page("watch", show)),
        Route("/watch/card", pages.page("watch", card)),
        Route("/watch/move", pages.act("watch.move", move, "watch"), methods=["POST"]),
        Route("/watch/seen", pages.act("watch.seen", seen, "watch"), methods=["POST"]),
        Route("/watch/suspend", pages.act("watch.suspend", suspend, "watch"), methods=["POST"]),
    ]


async def _desk(pages: Pages, name: str) -> dict[str, Any]:
    """What a desk knows; empty where the agreement has none of the kind."""
    try:
        return await pages.line.ask(name)
    except DetenteError as error:
        if error.code not in CLOSED_DESKS:
            raise
        return {}


def _due(screen: dict[str, Any], lists: dict[str, Any], now: int) -> Iterator[Due]:
    for stop in (screen.get("stops") or {}).get("stops", []):
        for line in stop["lines"] if stop["standing"] else ():
            if line["answer_due"] is not None and line["answer"] == "answer awaited" and line["answer_due"] > now:
                what = f"reason of {line['to']} about the STOP by {stop['by']} is due"
                yield Due(line["answer_due"], what, "it is marked overdue; the STOP stands", "watch")
        if stop["standing"] and stop["window"] and stop["window"][1] > now:
            yield Due(stop["window"][1], f"STOP by {stop['by']}: its own time ends", "it expires", "watch")
    for one in lists.get("items", []):
        start, end = one["window"]
        if one["state"] == "handed over" and start > now:
            yield Due(start, f"{one['target']}: its window begins", "it lapses unless both have agreed", "lists")
        if one["state"] in ("agreed", "undertaken") and end > now:
            yield Due(end, f"{one['target']}: its window ends", "nothing of it holds any longer", "lists")


def _waiting(areas: dict[str, Any], lists: dict[str, Any], me: str) -> Iterator[Open]:
    for one in areas.get("areas", []):
        if one["state"] in ("proposed", "countered") and me not in one["keys"]:
            yield Open(f"area {one['area']} v{one['version']} is proposed by {' and '.join(one['keys'])}", "areas")
    for one in lists.get("items", []):
        if one["state"] == "handed over" and me not in one["consents"]:
            yield Open(f"{one['target']} was handed over by {one['nominator']}: agree or refuse", "lists")


def _drafts(answer: dict[str, Any]) -> Iterator[Open]:
    for name, draft in answer["drafts"].items():
        what = str(draft["fields"].get("name", draft["kind"])).replace("_", " ")
        quorum = answer["states"][name].get("quorum")
        whom = f" for {', '.join(quorum['waiting'])}" if quorum and quorum["waiting"] else " for release"
        yield Open(f"draft {name} of a {what} waits{whom}", "release")
