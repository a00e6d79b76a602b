"""The lists page: what was handed over and what both said of it; handing a place over, with what to look at first.

No field for a weapon, an aim point, an effect, a priority or an image, and nothing here is drawn on a map.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.adapters import place_checks
from detente.agreement.record import Span
from detente.desks.lists import RUNNING, VOCABULARY
from detente.errors import GivenError
from detente.geo.cell import Remark
from detente.geo.coordinates import read_cell
from detente.model.when import read_instant
from detente.web.pages.areas import say
from detente.web.render import Form, Pages

GIVEN = ("target", "group", "place", "datum", "grid", "radius", "start", "end", "area", "then")
ANSWERS = {
    "agree": "consent", "refuse": "refusal", "withdraw": "withdrawal_of_consent", "undertake": "undertaking",
    "abort": "abort", "result": "result",
}  # fmt: skip

ENDING = ("refuse", "withdraw", "abort", "result")


def routes(pages: Pages, results: tuple[str, ...], groups: list[str]) -> list[Route]:
    """`/lists` and its acts; `results`: the agreement's words for what came of it, `groups`: whom it names."""

    async def page(request: Request, given: Form, remarks: list[Remark]) -> Response:
        found = await pages.line.ask("lists")
        areas = (await pages.line.ask("areas"))["areas"]
        items = sorted(found["items"], key=lambda one: (one["state"] not in RUNNING, -one["window"][0]))
        return await pages.show(
            request, "lists.html", "lists", items=[one for one in items if one["state"] in RUNNING],
            over=[one for one in items if one["state"] not in RUNNING], warnings=found["warnings"], me=found["me"],
            now=found["now"], standing=sorted(one["area"] for one in areas if one["state"] == "agreed"), results=results, groups=groups,
            remarks=remarks, confirmed=_digest(remarks), given={name: given.get(name, "") for name in GIVEN},
        )  # fmt: skip

    async def show(request: Request) -> Response:
        return await page(request, {}, [])

    async def nominate(request: Request, form: Form) -> str | Response:
        cell = read_cell(form.get("place", ""), datum=form.get("datum", ""), grid=form.get("grid", ""), where="place")
        radius = form.get("radius", "")
        if not radius.isdigit():
            raise GivenError("bad-field", f"{radius[:20]!r} is not a number of metres", where="metres around it")
        place = place_checks.circle(cell, int(radius), "metres around it")
        area = form.get("area", "")
        version, shape = place_checks.area_in_force(await pages.line.ask("areas"), area, "area")
        start, end = (read_instant(form.get(name, "").strip().replace(" ", "T"), name) for name in ("start", "end"))
        target = form.get("target", "")
        fields = {
            "target": target, "group": form.get("group", ""), "area": area, "area_version": version,
            "place": msgspec.to_builtins(place.shape), "window": {"type": "period", "start": start, "end": end},
        }  # fmt: skip
        remarks = place_checks.remarks_on(cell, int(radius), None, (), "", "") + place_checks.outside(
            place, area, shape
        )
        remarks += place_checks.of_the_window(Span(start, end), target, await pages.line.ask("lists"))
        objections = await pages.line.ask("objections", vocabulary=VOCABULARY, name="nomination", fields=fields)
        remarks += [
            Remark("clause", f"{one['clause']} {one['word']} this nomination: {one['says']}")
            for one in objections["clauses"]
        ]
        if remarks and form.get("confirmed") != _digest(remarks):
            return await page(request, form, remarks)
        return await say(pages, request, VOCABULARY, "nomination", fields, form.get("then", ""))

    async def answer(request: Request, form: Form) -> str:
        act, target = form.get("act", ""), form.get("target", "")
        if act not in ANSWERS:
            raise GivenError("unknown-name", f"{act[:40]!r} is nothing that is said of a target", where="act")
        lists = await pages.line.ask("lists")
        one = place_checks.named(lists, target)[-1]
        if act not in ENDING:  # what ends is never held back: the other side may have said more than we know
            one = place_checks.still_open(lists, target)
            if form.get("nomination") != one["id"]:
                what = f"{target} was nominated anew since this page was loaded; look at it again"
                raise GivenError("unknown-name", what, where="target")
        fields: dict[str, Any] = {"target": target}
        if act == "agree":
            fields["nomination"] = one["id"]
        if act == "result":
            fields["result"] = form.get("result", "")
        return await say(pages, request, VOCABULARY, ANSWERS[act], fields, "say")

    return [
        Route("/lists", pages.page("lists", show)),
        Route("/lists/nominate", pages.act("lists.nominate", nominate, "lists"), methods=["POST"]),
        Route("/lists/answer", pages.act("lists.answer", answer, "lists"), methods=["POST"]),
    ]


def _digest(remarks: list[Remark]) -> str:
    """Names exactly these remarks: what was confirmed is what was shown."""
    return hashlib.sha256(repr([(one.code, one.text) for one in remarks]).encode()).hexdigest()[:16] if remarks else ""
