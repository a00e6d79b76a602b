"""Findings as acts, for the clauses and phases that ask about them: a table over the tables of what was judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from detente.agreement.columns.clauses import CANNOT, DISPUTED, NOT_DUE, VERDICTS, Part
from detente.agreement.columns.codes import Ints
from detente.agreement.columns.tables import Table
from detente.agreement.columns.vocabulary import Names, Vocabulary
from detente.agreement.judge.deeds import Deed
from detente.agreement.record import Interval, OneOf

_OWN = ("clause", "act", "verdict")


class Findings(Table):
    """By the bearer, at the judged act's time, with its fields (21-language-reference, 4)."""

    def __init__(self, vocabulary: Vocabulary, names: Names, parts: list[tuple[str, Part]]) -> None:
        self.parts = parts

        def joined(pick: Callable[[Part], Any], dtype: Any) -> Any:
            return np.concatenate([*(pick(part) for _, part in parts), np.zeros(0, dtype)]).astype(dtype)

        ids = [
            f"finding:{clause}:{part.table.ids[row]}:{names.codes[bearer] if bearer >= 0 else ''}"
            for clause, part in parts
            for row, bearer in zip(part.rows, part.bearers, strict=True)
        ]
        bits = np.array([1 << number for number in range(len(names.codes))] + [0], np.int64)
        super().__init__(
            "finding", vocabulary, names, ids=ids, fields=(),
            when=(joined(lambda p: p.table.lo[p.rows], np.int64), joined(lambda p: p.table.hi[p.rows], np.int64)),
            by=joined(lambda p: np.where(p.bearers >= 0, bits[p.bearers], p.table.by[p.rows]), np.int64),
            event=joined(lambda p: p.table.events()[p.rows], bool),
        )  # fmt: skip
        self.fields = [{}] * self.size

    def column(self, name: str) -> list[object]:
        """The values of a field, of the finding or of what was judged."""
        if name in _OWN:
            return [self.vocabulary.values[code] for code in self.codes(name)]
        return [value for _, part in self.parts for value in _picked(part.table.column(name), part.rows)]

    def codes(self, name: str) -> Ints:
        """A field as numbers of the vocabulary."""
        found = self._kept.get(("codes", name))
        if found is None:
            made = [np.zeros(0, np.int64), *(self._codes(name, clause, part) for clause, part in self.parts)]
            found = self._keep("codes", name, np.concatenate(made).astype(np.int64))
        return np.asarray(found)

    def _codes(self, name: str, clause: str, part: Part) -> Ints:
        vocabulary = self.vocabulary
        if name == "clause":
            return np.full(len(part.rows), vocabulary.code(clause))
        if name == "act":
            return np.asarray(part.table.id_codes()[part.rows])
        if name == "verdict":
            words: list[object] = list(VERDICTS)
            for number in (CANNOT, NOT_DUE, DISPUTED):
                words[number] = OneOf((VERDICTS[number], "kept", "broken"))
            return np.asarray(np.array([vocabulary.code(word) for word in words], np.int64)[part.verdicts])
        return np.asarray(part.table.codes(name)[part.rows])

    def deeds(self) -> Iterator[Deed]:
        """Each as the step judge holds it."""
        at = 0
        for _, part in self.parts:
            for row in part.rows:
                fields = dict(part.table.fields[row])
                if isinstance(part.table, Findings):
                    fields = {}
                fields |= {name: self.vocabulary.values[self.codes(name)[at]] for name in _OWN}
                by = self.names.people(int(self.by[at]))
                when = Interval(int(self.lo[at]), int(self.hi[at]))
                yield Deed(self.ids[at], "finding", by, when, fields, event=bool(self.events()[at]))
                at += 1


def _picked(values: list[object], rows: Ints) -> list[object]:
    return [values[row] for row in rows]
