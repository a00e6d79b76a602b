"""Finding the acts a question may mean: by kind, by equal fields, by time (21-language-reference, 7 and 14).

Fields that must be equal become the key of an index; where a value is not plain (sealed, ambiguous, about
people) every act of the kind is looked at and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import Getter
from detente.agreement.judge.matching import NOT_STATED, People, equal
from detente.agreement.judge.store import HEAD, Bucket, Index
from detente.agreement.record import Interval, OneOf, Unknown
from detente.agreement.values import F, T, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

_NOT_PLAIN = (Unknown, OneOf, People, Interval)


class Finder:
    """Acts of one kind whose own fields equal what paths give on the asking act."""

    def __init__(self, terms: Terms, kind: str, same: tuple[tuple[str, f.Path], ...]) -> None:
        self.store = terms.store
        self.kind = kind
        fields = terms.agreement.kinds[kind].fields
        keyed, self.checks, self.by_id = [], [], None
        self.every: list[tuple[Getter, Getter]] = []
        for own, path in same:
            pair = (terms.getter((own,)), terms.getter(path))
            self.every.append(pair)
            if own == "id":
                self.by_id = pair[1]
            elif own in HEAD or own not in fields or fields[own].type in ("who", "addressee"):
                self.checks.append(pair)
            else:
                keyed.append((own, pair[1]))
        self.keys = [get for _, get in keyed]
        self.index: Index = terms.store.index(kind, tuple(own for own, _ in keyed))
        self.all: Index = terms.store.index(kind, ())

    def buckets(self, x: Frame, e: Deed, its: Deed | None) -> tuple[list[Bucket], bool]:
        """Where candidates stand, and whether their keyed fields still have to be compared."""
        if self.keys:
            key: list[object] = []
            for get in self.keys:
                value = get(x, e, its)
                if value is NOT_STATED:
                    return [], False
                if isinstance(value, _NOT_PLAIN):
                    return [self.all.bucket(())], True
                key.append(value)
            return [self.index.bucket(tuple(key)), self.index.loose], False
        return [self.all.bucket(())], False

    def find(
        self, x: Frame, e: Deed, its: Deed | None, lo: int | None, hi: int | None, *, newest: bool = True
    ) -> Iterator[tuple[Deed, Value]]:
        """Candidates that may lie in [lo, hi], newest first, each with whether its fields are equal."""
        reads = x.reads
        if self.by_id is not None:
            yield from self._identified(x, e, its)
            return
        buckets, compare = self.buckets(x, e, its)
        for bucket in buckets:
            if reads is not None:
                reads[bucket] = None
            deeds = bucket.deeds
            if not deeds:
                continue
            if (lo is not None or hi is not None) and not self.store.disordered:
                deeds = bucket.between(
                    lo if lo is not None else bucket.los[0], hi if hi is not None else bucket.los[-1]
                )
            checks = self.every if compare or bucket is self.index.loose else self.checks
            for a in reversed(deeds) if newest else deeds:
                yield a, self._compared(checks, x, a, e, its) if checks else T

    def _identified(self, x: Frame, e: Deed, its: Deed | None) -> Iterator[tuple[Deed, Value]]:
        assert self.by_id is not None
        value = self.by_id(x, e, its)
        if isinstance(value, str):
            deed, cell = self.store.named(value)
            if x.reads is not None:
                x.reads[cell] = None
            if deed is not None and deed.kind == self.kind and deed.made:
                yield deed, self._compared(self.checks, x, deed, e, its)
        elif value is not NOT_STATED:
            bucket = self.all.bucket(())
            if x.reads is not None:
                x.reads[bucket] = None
            for deed in bucket.deeds:
                yield deed, self._compared(self.every, x, deed, e, its)

    def _compared(self, checks: list[tuple[Getter, Getter]], x: Frame, a: Deed, e: Deed, its: Deed | None) -> Value:
        if not checks:
            return T
        result = T
        for own, asked in checks:
            value = equal(own(x, a, None), asked(x, e, its))
            if value is F:
                return F
            result = all_of((result, value))
        return result
