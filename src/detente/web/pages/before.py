"""The before-check page: what the agreement objects to of an act that is planned. It gives nobody leave."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.agreement.form import Agreement
from detente.agreement.readback import readback
from detente.errors import GivenError
from detente.geo.coordinates import read_cell
from detente.model.when import read_instant, write_instant
from detente.web.render import Form, Pages

HEADLINES = {
    "stop": "STOP: a clause is against it, and nothing that could still be said excuses it.",
    "cannot tell": "CANNOT TELL: a fact is missing. Doubt is no ground to act on.",
    "not yet": "NOT YET: something must be said or some time must pass first.",
}
ORDER = ("broken", "cannot tell", "disputed", "not due", "kept")
OBJECTS = {"broken": "objects", "kept": "no objection"}


def routes(pages: Pages, agreement: Agreement) -> list[Route]:
    """`/before`: a form by the agreement's own kinds of act, and the answer for each clause."""
    events = {name: kind for name, kind in agreement.kinds.items() if kind.event}

    async def page(request: Request, form: Form, answer: dict[str, Any] | None) -> Response:
        kind = form.get("kind") or request.query_params.get("kind") or next(iter(events), "")
        if kind not in events:
            raise GivenError("unknown-name", f"no kind of act {kind[:40]!r}; known: {', '.join(events)}", where="kind")
        clauses = sorted(answer["clauses"], key=_order) if answer else []
        return await pages.show(
            request, "before.html", "before", kinds=list(events), kind=kind, fields=events[kind].fields, given=form,
            answer=answer, headline=HEADLINES.get(answer["word"], answer["text"]) if answer else "", clauses=clauses,
            says={rule.id: rule.says or readback(agreement, rule.id) for rule in agreement.rules.values()},
            modes={rule.id: rule.mode for rule in agreement.rules.values()}, words=OBJECTS,
        )  # fmt: skip

    async def show(request: Request) -> Response:
        return await page(request, {}, None)

    async def ask(request: Request, form: Form) -> Response:
        kind = events.get(form.get("kind", ""))
        state = await pages.line.ask("state")
        if kind is None:
            raise GivenError("unknown-name", f"no kind of act {form.get('kind', '')[:40]!r}", where="kind")
        fields = {
            name: value
            for name, field in kind.fields.items()
            if (value := _value(field.type, form, f"f_{name}", name)) is not None
        }
        at = form.get("at", "").strip()
        moment = read_instant(at.replace(" ", "T"), "when") if at else state["now"]
        by = form.get("by", "").strip() or state["code"]
        who = by if by in agreement.parties or by in agreement.others else {"stranger": by}
        plan: dict[str, Any] = {"event": kind.name, "by": who, "fields": fields}
        return await page(request, form, await pages.line.ask("may", plan=plan, at=moment))

    return [
        Route("/before", pages.page("before", show)),
        Route("/before/ask", pages.act("before.ask", ask, "before"), methods=["POST"]),
    ]


def _order(one: dict[str, Any]) -> int:
    return ORDER.index(one["verdict"]) if one["verdict"] in ORDER else len(ORDER)


def _value(kind: str, form: Form, key: str, name: str) -> Any:
    """What a form field says, as a plan writes it (docs/reference/record.md); None where nothing is said of it."""
    text = form.get(key, "").strip()
    if not text:
        return None
    match kind:
        case "point":
            cell = read_cell(text, datum="WGS84", grid="geographic", where=name)
            return {"type": "point", "coordinates": [cell.lon, cell.lat], "error_mm": cell.error_mm}
        case "area" | "line":
            try:
                return json.loads(text)
            except ValueError as error:
                raise GivenError("bad-field", "write the shape as JSON, as in a statement", where=name) from error
        case "count" | "length" if text.isdigit():
            return int(text)
        case "span":
            return [write_instant(read_instant(part.strip().replace(" ", "T"), name)) for part in text.split(" to ")]
        case "time":
            return write_instant(read_instant(text.replace(" ", "T"), name))
    return text
