"""Acts indexed by kind and by the fields questions compare, sorted by time; each bucket knows who has read it.

A bucket holds acts whose fields are plain and equal to its key, sorted by the start of their interval. Acts
with a sealed, unknown or ambiguous field stand in the index's `loose` bucket, which every question reads.
Readers of a bucket are judged again when it changes: that is the whole of the incremental machinery.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.record import OneOf, Unknown

Key = tuple[object, ...]
HEAD = frozenset(("id", "by", "at", "from", "until"))
_DERIVED = ("receipt", "finding")


class Cell:
    """Something read while judging; `readers` are the subjects that read it."""

    __slots__ = ("readers",)

    def __init__(self) -> None:
        self.readers: dict[object, None] = {}


class Name(Cell):
    """Who an id means. What refers to an act may come before it."""

    __slots__ = ()


class Bucket(Cell):
    """Acts of one key by time. `width`: the widest interval, so that a search by start loses nothing."""

    __slots__ = ("deeds", "los", "width")

    def __init__(self) -> None:
        super().__init__()
        self.los: list[int] = []
        self.deeds: list[Deed] = []
        self.width = 0

    def add(self, deed: Deed) -> None:
        """Keep a deed in order."""
        at = bisect_right(self.los, deed.lo)
        self.los.insert(at, deed.lo)
        self.deeds.insert(at, deed)
        self.width = max(self.width, deed.hi - deed.lo)

    def remove(self, deed: Deed) -> None:
        """Drop a deed."""
        at = bisect_left(self.los, deed.lo)
        while self.deeds[at] is not deed:
            at += 1
        del self.los[at], self.deeds[at]

    def between(self, lo: int, hi: int) -> list[Deed]:
        """Deeds that may lie in [lo, hi], by time."""
        return self.deeds[bisect_left(self.los, lo - self.width) : bisect_right(self.los, hi)]


class Index:
    """The acts of one kind by some of their own fields; an absent field of a statement equals nothing."""

    __slots__ = ("buckets", "fields", "loose")

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.buckets: dict[Key, Bucket] = {}
        self.loose = Bucket()

    def bucket(self, key: Key) -> Bucket:
        """The bucket of a key, made if new (its absence is read too)."""
        found = self.buckets.get(key)
        if found is None:
            found = self.buckets[key] = Bucket()
        return found

    def home(self, deed: Deed) -> Bucket | None:
        """Where a deed stands; None if it equals nothing."""
        key = []
        loose = False
        for name in self.fields:
            value = deed.fields.get(name)
            if value is None:
                if not deed.event:
                    return None
                loose = True
            elif isinstance(value, Unknown | OneOf):
                loose = True
            key.append(value)
        return self.loose if loose else self.bucket(tuple(key))


class Store:
    """All acts that count. `disordered`: some log's order and its clocks differ, so that time cannot narrow a
    search.
    """

    def __init__(self) -> None:
        self.deeds: dict[str, Deed] = {}
        self.indexes: dict[str, dict[tuple[str, ...], Index]] = {}
        self.ids: dict[str, Name] = {}
        self.disordered = False
        self.watchers: dict[str, list[Callable[[Deed, bool], Iterator[Cell]]]] = {}
        self._first: int | None = None
        self._logs: dict[str, dict[int, Deed]] = {}

    def index(self, kind: str, fields: tuple[str, ...]) -> Index:
        """The index of a kind by fields; made and filled when first asked for."""
        of_kind = self.indexes.setdefault(kind, {})
        found = of_kind.get(fields)
        if found is None:
            found = of_kind[fields] = Index(fields)
            for deed in self.deeds.values():
                if deed.kind == kind and (home := found.home(deed)) is not None:
                    home.add(deed)
        return found

    def named(self, id: str) -> tuple[Deed | None, Cell]:
        """An act by its id, and the cell that says so."""
        cell = self.ids.get(id)
        if cell is None:
            cell = self.ids[id] = Name()
        return self.deeds.get(id), cell

    def first(self) -> int | None:
        """The first instant at which something in the record surely counts."""
        if self._first is None:
            spoken = (deed.hi for deed in self.deeds.values() if deed.kind not in _DERIVED and abs(deed.hi) < FAR)
            self._first = min(spoken, default=None)
        return self._first

    def add(self, deed: Deed) -> list[Cell]:
        """Keep a deed; the cells that changed."""
        if self._first is not None and -FAR < deed.hi < self._first and deed.kind not in _DERIVED:
            self._first = deed.hi
        self.deeds[deed.id] = deed
        changed = self._touched(deed, True)
        if deed.index >= 0:
            self._check_order(deed)
        return changed

    def remove(self, id: str) -> list[Cell]:
        """Drop a deed; the cells that changed."""
        deed = self.deeds.pop(id)
        if deed.hi == self._first:
            self._first = None
        if deed.index >= 0:
            self._logs[deed.log].pop(deed.index, None)
        return self._touched(deed, False)

    def _touched(self, deed: Deed, added: bool) -> list[Cell]:
        changed: list[Cell] = []
        if deed.id in self.ids:
            changed.append(self.ids[deed.id])
        for index in self.indexes.get(deed.kind, {}).values():
            home = index.home(deed)
            if home is not None:
                if added:
                    home.add(deed)
                else:
                    home.remove(deed)
                changed.append(home)
        for watcher in self.watchers.get(deed.kind, ()):
            changed += watcher(deed, added)
        return changed

    def _check_order(self, deed: Deed) -> None:
        """Between two statements of one log the index decides, whatever the clocks say (reference 5)."""
        log = self._logs.setdefault(deed.log, {})
        log[deed.index] = deed
        for other in (log.get(deed.index - 1), log.get(deed.index + 1)):
            if other is None:
                continue
            first, second = (other, deed) if other.index < deed.index else (deed, other)
            if first.lo > second.lo:
                self.disordered = True
