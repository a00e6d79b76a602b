"""One telling of the record as columns: tables of acts, people, days, phases, and what is known of each log."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.asked import Asked
from detente.agreement.columns.builder import Builder
from detente.agreement.columns.codes import Answers, F, Ints, NoPlan, T, U
from detente.agreement.columns.conditions import test
from detente.agreement.columns.days import Days
from detente.agreement.columns.given import Acts, Given
from detente.agreement.columns.joins import Index
from detente.agreement.columns.loaded import Telling
from detente.agreement.columns.meant import Meant
from detente.agreement.columns.places import Places
from detente.agreement.columns.questions import Question
from detente.agreement.columns.spans import Spans
from detente.agreement.columns.tables import NEVER, Table
from detente.agreement.columns.view import Rows
from detente.agreement.columns.vocabulary import Names
from detente.agreement.geometry import Geometry
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.matching import People
from detente.agreement.record import Act, Interval, OneOf, Record, Unknown
from detente.agreement.strata import walk

_FEW = 2_000


class World:
    """All that is asked of one telling of one record under one agreement."""

    def __init__(
        self,
        agreement: f.Agreement,
        record: Record,
        geometry: Geometry,
        telling: Telling,
        given: Sequence[Given] = (),
    ) -> None:
        self.agreement = agreement
        self.geometry = geometry
        self.now = record.now
        raw = {name: telling.raw(name) for name in agreement.kinds}
        held: dict[str, Sequence[Act]] = {name: one.acts for name, one in raw.items()}
        held |= {one.kind: Acts(one) for one in given}
        self.step = Asked(agreement, geometry, record.now, record.heads, held)
        self.persons = self.step.terms.persons
        self.vocabulary = telling.vocabulary.copy()
        self.names = Names([*agreement.parties, *agreement.others])
        self.with_groups = any(other.members or other.joined_by for other in agreement.others.values())
        self.known_people = set(agreement.parties) | set(agreement.others)
        builder = Builder(self.step.terms.wardrobe, self.vocabulary, self.names)
        self.builder = builder
        self.tables = {kind: builder.table(kind, found) for kind, found in raw.items()}
        for one in given:
            if len(raw[one.kind].acts) or self.step.with_receipts:
                raise NoPlan("acts given both ways, or receipts asked of acts given as columns")
            self.tables[one.kind] = one.table(self.vocabulary, self.names)
        if self.step.with_receipts:
            own = self.tables["receipt"]
            if own.size:
                raise NoPlan("receipts that stand in the record beside the built-in ones")
            self.tables["receipt"] = builder.receipts("receipt", self.tables)
        first, last = self._reach(record)
        self.first = first
        self.days = Days(self.step.terms.calendar, first if first is not None else record.now, max(last, record.now))
        self.step.disordered = self._disordered()
        self.places = Places(self)
        self.spans = Spans(self)
        self._questions: dict[tuple[f.Pattern, str], Question] = {}
        self._orders: dict[int, Ints] = {}
        self._ids, self._given = telling.ids, bool(given) or self.step.with_receipts
        self._indexes: dict[tuple[int, tuple[str, ...]], Index] = {}
        self._types = {name: {one.name: one for one in kind.fields.values()} for name, kind in agreement.kinds.items()}
        self._people = {
            name: {kind.name for kind in agreement.kinds.values()
                   if name in kind.fields and kind.fields[name].type in ("who", "addressee")}
            for kind in agreement.kinds.values() for name in kind.fields
        }  # fmt: skip
        frame = self.step.frame
        logs = [*agreement.parties, *(other.code for other in agreement.others.values() if other.keeps_log)]
        self._everywhere = min(frame.head(log) for log in logs)

    def _reach(self, record: Record) -> tuple[int | None, int]:
        """The first and the last instant at which something in the record surely counts."""
        first: int | None = None
        last = record.now
        for kind, table in self.tables.items():
            hi = table.hi[np.abs(table.hi) < FAR]
            if len(hi):
                last = max(last, int(hi.max()))
                if kind not in ("receipt", "finding"):
                    first = int(hi.min()) if first is None else min(first, int(hi.min()))
        return first, last

    def _disordered(self) -> bool:
        """Whether some log's order and its clocks differ, as the store of the step judge finds it."""
        tables = [table for table in self.tables.values() if table.logged]
        log, index, lo = (
            np.concatenate([getattr(table, part) for table in tables]) if tables else np.zeros(0, np.int64)
            for part in ("log", "index", "lo")
        )
        kept = index >= 0
        log, index, lo = log[kept], index[kept], lo[kept]
        order = np.lexsort((index, log))
        log, index, lo = log[order], index[order], lo[order]
        same = log[1:] == log[:-1]
        if (same & (index[1:] == index[:-1])).any():
            raise NoPlan("two statements at one place of a log")
        back = same & (lo[1:] < lo[:-1])
        found = bool((back & (index[1:] - index[:-1] == 1)).any())
        if back.any() and not found:
            raise NoPlan("a log with gaps whose order and clocks differ")
        return found

    # parts, kept

    def table(self, kind: str) -> Table:
        """The acts of a kind."""
        return self.tables[kind]

    def question(self, pattern: f.Pattern, clause: str) -> Question:
        """A pattern as a question."""
        found = self._questions.get((pattern, clause))
        if found is None:
            found = self._questions[(pattern, clause)] = Question(self, pattern, clause)
        return found

    def index(self, table: Table, fields: tuple[str, ...]) -> Index:
        """The acts of a table by fields and time."""
        found = self._indexes.get((id(table), fields))
        if found is None:
            found = self._indexes[(id(table), fields)] = Index(self, table, fields, narrow=not self.step.disordered)
        return found

    def ordered(self, table: Table) -> Ints:
        """All rows of a table by the field that questions about them compare most, then by time: near rows of the asking
        then lie near in what is searched."""
        found = self._orders.get(id(table))
        if found is None:
            names = [
                path[0] for rule in self.agreement.rules.values() if table.kind in rule.kinds
                for item in walk((rule.when, rule.unless)) if isinstance(item, f.Pattern)
                for _, path in item.same[:1] if len(path) == 1 and self.field_type(table.kind, path[0]) == "code"
            ]  # fmt: skip
            found = np.arange(table.size)
            if names and table.size > _FEW:
                codes = table.codes(max(set(names), key=names.count))
                first = int(table.lo.min())
                span = int(table.lo.max()) - first + 1
                if span < 1 << 40 and (len(self.vocabulary.values) + 2) * span < 1 << 62:
                    found = np.argsort((codes + 1) * span + (table.lo - first))
            self._orders[id(table)] = found
        return found

    def told(self, table: Table) -> None:
        """Findings so far, as acts."""
        self.tables["finding"] = table
        self._questions = {
            key: question for key, question in self._questions.items() if "finding" not in question.pattern.kinds
        }

    def test(self, condition: f.Condition, rows: Rows, clause: str) -> Answers:
        """What a condition says of each row."""
        return test(self, condition, rows, clause)

    # fields

    def field_type(self, kind: str, name: str) -> str:
        """The type of a field; "" for none."""
        found = self._types.get(kind, {}).get(name)
        return found.type if found is not None else ""

    def field_of(self, kind: str, name: str) -> str:
        """The kind a field refers to; "" for none."""
        found = self._types.get(kind, {}).get(name)
        return found.of if found is not None else ""

    def elsewhere(self, value: object, kind: str) -> bool:
        """Whether an act of another kind has this id."""
        if not self._given and value not in self._ids:
            return False
        return any(name != kind and table.row(str(value)) >= 0 for name, table in self.tables.items())

    def of_people(self, kind: str, name: str) -> bool:
        """Whether a field names people."""
        kinds = self._people.get(name)
        return bool(kinds) and (kind in (kinds or ()) or kind == "finding")

    def read_people(self, value: object) -> tuple[int, int, int]:
        """Bits, then 0 closed, 1 open, 2 not people, 3 rare; then from when a name is in use."""
        if value is None:
            return 0, 2, -NEVER
        if isinstance(value, OneOf):
            if any(since is not None for item in value.values for _, since in self.persons.aliases.get(str(item), ())):
                return 0, 3, -NEVER
            found = self.persons.read(value, Interval(0, 0))
            assert isinstance(found, People)
            return self.names.mask(found.codes), int(found.open), -NEVER
        if not isinstance(value, str):
            return 0, 2 if isinstance(value, Unknown) else 3, -NEVER
        since = -NEVER
        if value not in self.known_people:
            for _, begins in self.persons.aliases.get(value, ())[:1]:
                since = begins if begins is not None else -NEVER
        read = self.persons.read(value, Interval(FAR, FAR))
        assert isinstance(read, People)
        return self.names.mask(read.codes), int(read.open), since

    def read_days(self, value: object) -> tuple[int, int, int]:
        """First and last instant of a stated time or day, and whether it is one."""
        found = self.step.terms.calendar.instants(value) if value is not None else None
        return (found.lo, found.hi, 1) if found is not None else (0, 0, 0)

    def surely(self, people: frozenset[str]) -> int:
        """Who is meant whichever of these it is: groups with their members."""
        self._no_joined(people)
        each = [self.names.mask(self.persons.expand(code)) for code in people]
        return reduce(and_, each) if each else 0

    def possibly(self, people: frozenset[str]) -> int:
        """Who may be meant."""
        self._no_joined(people)
        return reduce(or_, (self.names.mask(self.persons.expand(code)) for code in people), 0)

    def _no_joined(self, people: frozenset[str]) -> None:
        if not people.isdisjoint(self.persons.joined):
            raise NoPlan("an act by a group that is joined by acts")

    def number(self, code: str) -> int:
        """The number of a person."""
        return self.names.bit(code).bit_length() - 1

    # what is known

    def frame_everywhere(self) -> int:
        """Up to when every log is known."""
        return self._everywhere

    def known(self, possible: Any, anyone: Any) -> Any:
        """Up to when the logs are known in which acts by these would stand."""
        if np.ndim(possible) == 0 and np.ndim(anyone) == 0:
            return self._everywhere if anyone else self._known(self.names.people(int(possible)))
        [size] = np.broadcast_shapes(np.shape(possible), np.shape(anyone))
        masks = np.broadcast_to(np.asarray(possible), (size,))
        return np.where(anyone, self._everywhere, self.names.each(masks, self._known))

    def _known(self, people: frozenset[str]) -> int:
        logs = self.persons.logs(people)
        if logs is None:
            return self._everywhere
        return min((self.step.frame.head(log) for log in logs), default=FAR)  # nobody makes any

    def soonest(self, by: Ints) -> Ints:
        """The first instant at which a receipt that is not in the record may come."""

        def after(people: frozenset[str]) -> int:
            logs = self.persons.logs(people or None)
            return min([self.step.frame.head(log) for log in logs] if logs else [self.now]) + 1

        return np.asarray(self.names.each(by, after))

    def unseen_from(self, by: Ints, receiver: str) -> Ints:
        """The first instant at which a receipt by somebody that is not seen may lie, by who may be the author."""
        frame = self.step.frame
        own = frame.head(receiver) if receiver in frame.logs else None

        def after(people: frozenset[str]) -> int:
            logs = self.persons.logs(people or None)
            known = min(frame.head(log) for log in logs or frame.logs)
            return (known if own is None else max(known, own)) + 1

        return np.asarray(self.names.each(by, after))

    def joined(self, code: str, rows: Rows) -> Meant:
        """An opt-in group at the time of each row: whoever's own act stands."""
        question = self.question(self.persons.joined_pattern(code), "")
        certain = np.full(len(rows), self.names.bit(code))
        possible = certain.copy()
        size = len(rows)
        for person in self.persons._candidates(code):
            bit = self.names.bit(person)
            table = Table(
                "", self.vocabulary, self.names, ids=[""] * size, fields=[{}] * size, when=(rows.lo, rows.hi),
                by=np.full(size, bit), event=True,
            )  # fmt: skip
            value = question.exists(Rows(table, np.arange(size)), Meant(bit, bit))
            if ((value != F) & (value != U) & (value != T)).any():
                raise NoPlan("membership that looks ahead")
            possible = np.where(value != F, possible | bit, possible)
            certain = np.where(value == T, certain | bit, certain)
        return Meant(certain, possible, code=self.number(code))
