"""The agreement page: source beside what the judge reads, clause by clause, and who has signed."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detente.agreement.form import Agreement
from detente.agreement.readback import readback_all
from detente.web.render import Pages


class Clause(NamedTuple):
    """A clause: `source` what it says and where that stands, `read` the judge's reading, `rule` the lines of the file."""

    id: str
    source: str
    read: str
    rule: str


def clauses(agreement: Agreement, text: str) -> list[Clause]:
    """Every clause with its lines of the file."""
    lines, said = text.splitlines(), readback_all(agreement)
    starts = sorted(rule.line for rule in agreement.rules.values())
    found = []
    for rule in agreement.rules.values():
        end = next((line for line in starts if line > rule.line), len(lines) + 1)
        block = "\n".join(lines[rule.line - 1 : end - 1]).rstrip()
        source = f"{rule.says} [{'; '.join(rule.source)}]" if rule.source else rule.says
        found.append(Clause(rule.id, source, said.get(rule.id, ""), block))
    return found


def routes(pages: Pages, agreement: Agreement, text: str) -> list[Route]:
    """`/agreement`."""
    found: list[Clause] = []

    async def show(request: Request) -> Response:
        if not found:
            found.extend(await asyncio.to_thread(clauses, agreement, text))
        state = await pages.line.ask("state")
        return await pages.show(
            request, "agreement.html", "agreement", title=agreement.title, agreement=agreement, clauses=found,
            adoption=state["adoption"], state=state,
        )  # fmt: skip

    return [Route("/agreement", pages.page("agreement", show))]
