"""Values of fields as numbers: each different value once, with what kind of value it is.

Two plain values are equal if their numbers are (a whole number and the text that writes it are compared one by one).
People are bits of one integer, so that any set of candidates is one number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

import numpy as np

from detente.agreement.columns.codes import OF_VALUE, Answers, F, Ints, NoPlan, T, U
from detente.agreement.judge.matching import NOT_STATED, equal, numbers
from detente.agreement.record import OneOf, Path, Region, Span, Spot, Unknown

PLAIN, MISSING, HIDDEN, ODD = range(4)
"""What a value is: plain; a statement's field left out; not known; one of several, or rare."""
_PLAIN_TYPES = (str, int, Spot, Region, Path, Span)
_MOST_PEOPLE = 62
_MOST_OPTIONS = 4
_SMALL = 1 << 14
_QUICK = {str, int, NoneType, Unknown, OneOf}


class Vocabulary:
    """All values met in one record."""

    def __init__(self) -> None:
        self.codes: dict[object, int] = {}
        self.values: list[object] = []
        self._states = bytearray()
        self._ints = bytearray()
        self._frozen: tuple[Any, Any] | None = None
        self._answers: dict[object, tuple[Any, Any]] = {}
        self._large: dict[int, tuple[object, int]] = {}
        self._equal: dict[tuple[int, int], int] = {}
        self._options: dict[int, list[int]] = {}

    def copy(self) -> Vocabulary:
        """The same values; what is learned from now on stays apart."""
        other = Vocabulary()
        other.codes, other.values = self.codes.copy(), self.values.copy()
        other._states, other._ints = self._states.copy(), self._ints.copy()
        other._large, other._options = self._large.copy(), self._options.copy()
        return other

    def code(self, value: object) -> int:
        """The number of a value; a left-out field has -1."""
        if value is None:
            return -1
        if type(value) is str:
            plain = self.codes.get(value)
            if plain is not None:
                return plain
        if isinstance(value, Region | Path):  # hashing all its corners again and again would cost more
            known = self._large.get(id(value))
            if known is not None and known[0] is value:
                return known[1]
        if isinstance(value, OneOf) and len(set(value.values)) == 1:
            return self.code(value.values[0])
        key: object = value if type(value) in (str, int) else (type(value), value)
        number = self.codes.get(key)
        if number is None:
            number = self.codes[key] = len(self.values)
            self.values.append(value)
            hidden = isinstance(value, Unknown)
            self._states.append(HIDDEN if hidden else PLAIN if type(value) in _PLAIN_TYPES else ODD)
            self._ints.append(type(value) is int)
            if isinstance(value, OneOf):
                self._choose(number, value)
        if isinstance(value, Region | Path):
            self._large[id(value)] = value, number  # kept alive, so that no other shape gets its id
        return number

    def top(self) -> int:
        """More than any number of a value or of a person: what a key of several numbers is multiplied by."""
        return max(len(self.values), _MOST_PEOPLE) + 2

    def _learn(self, texts: list[object]) -> None:
        """New texts, all at once."""
        self.codes.update(zip(texts, range(len(self.values), len(self.values) + len(texts)), strict=True))
        self.values += texts
        self._states += bytes(len(texts))
        self._ints += bytes(len(texts))

    def _choose(self, number: int, value: OneOf) -> None:
        """The numbers of what an ambiguous text may be."""
        options = tuple(dict.fromkeys(value.values))
        if 1 < len(options) <= _MOST_OPTIONS and all(type(option) is str for option in options):
            codes = [self.code(option) for option in options]
            self._options[number] = codes + [codes[0]] * (_MOST_OPTIONS - len(codes))

    def _may_be(self, codes: Ints, wanted: Ints) -> tuple[Any, Any]:
        """Of ambiguous texts: whether that is known here, and whether each may be the text beside it."""
        table = np.full((len(self.values) + 1, _MOST_OPTIONS), -2, np.int64)
        for number, options in self._options.items():
            table[number] = options
        found = table[codes]
        return found[:, 0] >= 0, (found == wanted[:, None]).any(axis=1)

    def all(self, values: Iterable[object]) -> Ints:
        """The numbers of many values."""
        values = list(values)
        kinds = set(map(type, values))
        if kinds == {NoneType}:
            return np.full(len(values), -1, np.int64)
        if kinds <= _QUICK:  # each different value once, then at the speed of dictionaries
            distinct = dict.fromkeys(values)
            self._learn([value for value in distinct if type(value) is str and value not in self.codes])
            numbers = {value: self.code(value) for value in distinct}
            return np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))
        return np.array([self.code(value) for value in values], np.int64)

    def _arrays(self) -> tuple[Any, Any]:
        if self._frozen is None or len(self._frozen[0]) != len(self.values) + 1:
            states = np.frombuffer(bytes(self._states) + bytes((MISSING,)), np.int8)
            self._frozen = states, np.frombuffer(bytes(self._ints) + bytes(1), np.bool_)
        return self._frozen

    def states(self, codes: Ints, event: Any) -> Any:
        """What each is; a field an event leaves out is not known."""
        found = self._arrays()[0][codes]
        return np.where((found == MISSING) & event, HIDDEN, found)

    def ask(
        self, name: object, codes: Ints, answer: Callable[[object], tuple[float, ...]], dtype: Any = np.int64
    ) -> Any:
        """What a function says of the value of each row (None where it is left out): each value is asked once."""
        size = len(self.values) + 1
        kept = self._answers.get(name)
        if kept is None:
            width = len(answer(None))
            kept = np.zeros((0, width), dtype), np.zeros(0, bool)
        table, done = kept
        if len(done) < size:  # the last place is for what is left out
            longer = np.zeros((size, table.shape[1]), dtype)
            longer[: len(done)] = table
            known = np.zeros(size, bool)
            known[: len(done)] = done
            known[max(0, len(done) - 1)] = known[-1] = False
            table, done = longer, known
        wanted = np.zeros(size, bool)
        wanted[codes] = True
        for code in np.flatnonzero(wanted & ~done):
            table[code] = answer(self.values[code] if code < size - 1 else None)
        done |= wanted
        self._answers[name] = table, done
        return table[codes]

    def equal(self, one: Ints, other: Ints, one_event: Any, other_event: Any) -> Answers:
        """Whether two columns of values are the same, row by row."""
        ints = self._arrays()[1]
        left, right = self.states(one, one_event), self.states(other, other_event)
        found = np.where(one == other, T, F)
        found = np.where((left == HIDDEN) | (right == HIDDEN), U, found)
        found = np.where((left == MISSING) | (right == MISSING), F, found)
        rare = (left != MISSING) & (right != MISSING) & (left != HIDDEN) & (right != HIDDEN)
        rare &= (left == ODD) | (right == ODD) | (ints[one] != ints[other])
        ambiguous = np.flatnonzero(rare & (left != right) & ~ints[one] & ~ints[other])
        if len(ambiguous):
            first = left[ambiguous] == ODD
            known, may = self._may_be(
                np.where(first, one[ambiguous], other[ambiguous]), np.where(first, other[ambiguous], one[ambiguous])
            )
            found[ambiguous[known]] = np.where(may[known], U, F)
            rare[ambiguous[known]] = False
        for at in np.flatnonzero(rare):
            pair = int(one[at]), int(other[at])
            kept = self._equal.get(pair)
            if kept is None:
                kept = self._equal[pair] = int(OF_VALUE[equal(self.values[pair[0]], self.values[pair[1]])])
            found[at] = kept
        return found.astype(np.int8)

    def numbers(self, codes: Ints) -> tuple[Any, Any, Any]:
        """Least and greatest number of each, and whether it is one."""

        def bounds(value: object) -> tuple[float, float, float]:
            known = numbers(value) if value is not None else None
            return (known[0], known[1], 1.0) if known is not None else (0.0, 0.0, 0.0)

        found = self.ask("numbers", codes, bounds, float)
        return found[:, 0], found[:, 1], found[:, 2] == 1.0


class Names:
    """People as bits."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.bits: dict[str, int] = {}
        self.codes: list[str] = []
        self._sets: dict[frozenset[str], int] = {}
        for code in codes:
            self.bit(code)

    def bit(self, code: str) -> int:
        """The bit of a person."""
        found = self.bits.get(code)
        if found is None:
            if len(self.codes) >= _MOST_PEOPLE:
                raise NoPlan(f"more than {_MOST_PEOPLE} different people")
            found = self.bits[code] = 1 << len(self.codes)
            self.codes.append(code)
        return found

    def mask(self, codes: Iterable[str]) -> int:
        """A set of people as one number."""
        key = codes if isinstance(codes, frozenset) else frozenset(codes)
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = sum(self.bit(code) for code in sorted(key))
        return found

    def people(self, mask: int) -> frozenset[str]:
        """The set again."""
        return frozenset(code for number, code in enumerate(self.codes) if mask >> number & 1)

    def each(self, masks: Ints, answer: Callable[[frozenset[str]], Any], dtype: Any = np.int64) -> Any:
        """What a function says of the set of each row."""
        top = int(masks.max(initial=0))
        if top < _SMALL:  # a table by mask is faster than sorting them
            met = np.zeros(top + 1, bool)
            met[masks] = True
            table = np.zeros(top + 1, dtype)
            for mask in np.flatnonzero(met):
                table[mask] = answer(self.people(int(mask)))
            return table[masks]
        different, where = np.unique(masks, return_inverse=True)
        return np.array([answer(self.people(int(mask))) for mask in different], dtype)[where]

    def single(self, masks: Ints) -> Ints:
        """The number of the person of each row, -1 where it is not one."""
        one = (masks != 0) & ((masks & (masks - 1)) == 0)
        return np.where(one, np.frexp(masks.astype(float))[1] - 1, -1).astype(np.int64)


__all__ = ["HIDDEN", "MISSING", "NOT_STATED", "ODD", "PLAIN", "Names", "OneOf", "Vocabulary"]
