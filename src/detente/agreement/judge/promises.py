"""What will be owed by whoever relies on a permission that looks ahead, and by when (21-language-reference, 12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.moments import iso
from detente.agreement.judge.rules import Clause, later_patterns

if TYPE_CHECKING:
    from detente.agreement.judge.engine import Engine


def owed_words(engine: Engine, permit: Clause, deed: Deed) -> Iterator[str]:
    """In words: the claim itself, then the duties under `then`."""
    for pattern in later_patterns(engine.agreement, permit.rule.when):
        question = engine.terms.question(pattern, permit.rule.id)
        limit = question.deadline(engine.frame, deed, None)
        yield f"{question.phrase(None)} by {iso(limit.hi)}" if limit is not None else question.phrase(None)
    for clause in engine.clauses.values():
        if clause.rule.parent == permit.rule.id and clause.owed is not None:
            last = clause.limit(engine.frame, deed)
            yield f"{clause.owed.phrase(None)} by {iso(last)}" if last is not None else clause.owed.phrase(None)
