"""The record page: every statement of the logs this node holds, as it stood at any instant, with who signed for it.

Reads the released record (`shared.db`) as `detente log` does; nothing private is in it.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.adapters.config import Config
from detente.adapters.store_shared import SqliteShared
from detente.errors import GivenError
from detente.geo.cell import show_length, show_position
from detente.model.said import Said, Told
from detente.model.statement import Statement, decode_statement
from detente.model.terms import Terms
from detente.model.when import read_instant, show_clock, show_instant
from detente.proof.envelope import parse_envelope
from detente.web.render import Pages
from detente.web.words import place_words

MOST = 200
_ID = re.compile(r"[0-9a-f]{64}")
NODES_OWN = ("status", "receipts_held")
"""Heartbeats and lists of receipts: signed like all, and hidden until asked for."""
HEAD = frozenset(each.name for each in msgspec.structs.fields(Statement)) | {"type", "name"}


class Row(NamedTuple):
    """One statement: when this node had it, whose to whom, where it stands, what it says, who signed for it when."""

    received: int
    way: str
    origin: str
    entry: int
    name: str
    says: str
    receipt: str


class Seen(NamedTuple):
    """The newest rows at an instant, how many there are in all, and the first and last instant of the record."""

    rows: list[Row]
    total: int
    first: int | None
    last: int


def look(config: Config, terms: Terms, log: str, until: int | None, *, nodes_too: bool = False) -> Seen:
    """The statements known to this node at `until` (ms; None: now), newest first, of one log or of all; with `nodes_too`
    also what nodes say by themselves."""
    with closing(SqliteShared(config.shared_db)) as store:
        every = sorted(store.statements("", log), key=lambda row: (row.received, row.origin, row.entry))
        known = [row for row in every if until is None or row.received <= until]
        known = [row for row in known if nodes_too or row.kind not in NODES_OWN]
        rows = []
        for row in known[::-1][:MOST]:
            data = store.entries(row.origin, row.entry, row.entry + 1)[0]
            said = decode_statement(parse_envelope(data).payload, row.kind)
            held = store.receipt_over(row.origin, row.entry, "mirror")
            then = held if held and (until is None or held.time_s * 1000 <= until) else None
            receipt = f"{then.name.split('/')[-2]} at {show_clock(then.time_s * 1000)}" if then else "not yet"
            way = terms.logs[row.origin]
            name = said.name if isinstance(said, Said) else row.kind
            name = f"account of: {said.name}" if isinstance(said, Told) else name
            rows.append(
                Row(row.received, f"{way.sender} → {way.audience}", row.origin, row.entry, name, says(said), receipt)
            )
    first = every[0].received if every else None
    return Seen(rows, len(known), first, every[-1].received if every else 0)


def says(said: Statement) -> str:
    """The fields of a statement in a line."""
    raw = msgspec.to_builtins(said, builtin_types=(bytes,))
    fields = {**{k: v for k, v in raw.items() if k not in HEAD and k != "fields"}, **raw.get("fields", {})}
    return "; ".join(
        f"{name.replace('_', ' ')}: {_value(name, value)}" for name, value in fields.items() if value not in (None, [])
    )


def _value(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, dict) and {"start", "end"} <= value.keys():
        return f"{show_instant(value['start'])} to {show_instant(value['end'])}"
    if isinstance(value, dict) and {"lat", "lon"} <= value.keys():
        radius = f"within {show_length(value['radius'] * 1000)} of " if "radius" in value else ""
        return radius + show_position(value["lat"], value["lon"])
    if isinstance(value, dict) and "type" in value:
        return place_words(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return f"{value[:12]}…"
    if isinstance(value, int) and name in ("first", "last", "from_", "from", "until", "start", "end", "time", "due"):
        return show_instant(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= 160 else text[:159] + "…"


def routes(pages: Pages, terms: Terms) -> list[Route]:
    """`/record`."""
    origins = sorted(origin for origin, log in terms.logs.items() if pages.config.code in (log.sender, log.audience))

    async def show(request: Request) -> Response:
        asked, log = request.query_params, request.query_params.get("log", "")
        until: int | None = None
        if asked.get("at"):
            until = read_instant(asked["at"].strip().replace(" ", "T"), "at")
        elif asked.get("ms", "").isdigit():
            until = int(asked["ms"])
        if log and log not in origins:
            raise GivenError("unknown-name", f"no log {log[:60]!r} here; held: {', '.join(origins)}", where="log")
        nodes_too = asked.get("nodes") == "1"
        seen = await asyncio.to_thread(partial(look, nodes_too=nodes_too), pages.config, terms, log, until)
        return await pages.show(
            request, "record.html", "record", rows=seen.rows, total=seen.total, first=seen.first, last=seen.last,
            at_ms=until if until is not None else seen.last, at_text=asked.get("at", ""), log=log, origins=origins,
            nodes_too=nodes_too,
        )  # fmt: skip

    return [Route("/record", pages.page("record", show))]
