"""The findings page: this node's own record judged by the agreement, each finding explained where it is opened.

The judge runs in a thread of the web process, on the record that the house gives; the last judgement is kept and used
again while the record is the same. A finding says what this agreement makes of this record, and no more.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.adapters.record_lines import read_record
from detente.agreement.distances import Distances
from detente.agreement.explain import Part, act_words, because, moment_words, parts
from detente.agreement.finding import Finding, digest_of
from detente.agreement.form import Agreement
from detente.agreement.history import LABEL_WORDS
from detente.agreement.superseding import Judgement, judge_history
from detente.errors import GivenError
from detente.web.render import Pages

WORDS = ("broken", "disputed", "cannot tell", "not due", "kept", "no breach known")
ATTENTION = ("broken", "disputed", "cannot tell")
MOST = 300


class Row(NamedTuple):
    """One finding for the table."""

    number: int
    finding: Finding
    subject: str
    because: str


class Judged(NamedTuple):
    """A judgement of one record: what was judged, the findings that need attention first, counts by clause."""

    lines: tuple[str, ...]
    judgement: Judgement
    labels: list[str]
    found: list[Finding]
    counts: dict[str, Counter[str]]
    digest: str


def judged(agreement: Agreement, lines: tuple[str, ...], code: str) -> Judged:
    """Judge a record given as lines; takes as long as `detente judge` takes."""
    history = read_record([(f"the record of {code}", "\n".join([*lines, ""]).encode())], agreement, lambda _: None)
    judgement = judge_history(agreement, history, Distances({}))
    order = {word: at for at, word in enumerate(WORDS)}
    found = [one for one in judgement.now if one.verdict in order]
    found.sort(key=lambda one: (one.shadow, order[one.verdict]))
    counts: dict[str, Counter[str]] = {
        rule.id: Counter(str(one.verdict) for one in found if one.clause == rule.id and not one.shadow)
        for rule in agreement.rules.values()
        if rule.mode in ("forbid", "require")
    }
    labels = [LABEL_WORDS[label] for label in history.labels]
    return Judged(lines, judgement, labels, found, counts, digest_of(judgement.now))


def routes(pages: Pages, agreement: Agreement) -> list[Route]:
    """`/findings`, all or of one clause, and `/findings/NUMBER`."""
    held: list[Judged] = []
    turn = asyncio.Lock()

    async def latest() -> Judged:
        async with turn:
            lines = tuple((await pages.line.ask("record"))["lines"])
            if not held or held[0].lines != lines:
                held[:] = [await asyncio.to_thread(judged, agreement, lines, pages.config.code)]
            return held[0]

    async def show(request: Request) -> Response:
        found, clause = await latest(), request.query_params.get("clause", "")
        if clause and clause not in found.counts:
            raise GivenError("unknown-name", f"no clause {clause[:60]!r} that is judged", where="clause")
        rows = [
            _row(agreement, found, number, one)
            for number, one in enumerate(found.found)
            if (one.clause == clause if clause else one.verdict in ATTENTION)
        ]
        return await pages.show(
            request, "findings.html", "findings", found=found, rows=rows[:MOST], total=len(rows), words=WORDS,
            clause=clause, attention=not clause, says={rule.id: rule.says for rule in agreement.rules.values()},
        )  # fmt: skip

    async def one(request: Request) -> Response:
        found, number = await latest(), int(request.path_params["number"])
        asked = request.query_params.get("of", found.digest)
        if asked != found.digest or number >= len(found.found):
            raise GivenError(
                "unknown-name", "the record has changed since this list was made: look at the list anew", where="number"
            )
        finding = found.found[number]
        told = await asyncio.to_thread(_parts, agreement, found, finding)
        return await pages.show(
            request, "finding.html", "findings", number=number, finding=finding, parts=told, found=found
        )

    return [
        Route("/findings", pages.page("findings", show)),
        Route("/findings/{number:int}", pages.page("findings", one)),
    ]


def _row(agreement: Agreement, found: Judged, number: int, one: Finding) -> Row:
    act = next((act for act in found.judgement.record.acts if act.id == one.act), None)
    when = moment_words(one)
    subject = f"{act_words(one, act)}{', ' + when if when else ''}" if act else one.act
    short = because(agreement, one, found.judgement.record, Distances({}), short=True)
    return Row(number, one, subject, short)


def _parts(agreement: Agreement, found: Judged, finding: Finding) -> list[Part]:
    return parts(agreement, finding, found.judgement.record, geometry=Distances({}))
