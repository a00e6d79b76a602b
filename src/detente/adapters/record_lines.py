"""A record as JSON lines, read strictly and written (docs/reference/record.md).

One object a line. The first line of a file says what it is; then statements, events, accounts of them, withdrawals and
heads of logs, in any order. Every refusal names file, line and field and says how to mend it. A log without a head line is
not known at all: its silence proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from detente.adapters import record_values as values
from detente.adapters.record_values import CODE, Taker
from detente.agreement.form import Agreement, Kind
from detente.agreement.history import LABELS, NEVER, History, Label, Told, Withdrawn, first_known
from detente.agreement.record import Account, Act, Interval
from detente.errors import GivenError
from detente.model.when import write_instant

FORMS = ("record", "statement", "event", "account", "withdrawal", "head")
_ACT = "id, by, at, received, log, index, from, until, known_from, replaces, sources, reported_in, fields"
_ACCOUNT = "source, known_from, by, at, received, from, until, fields"
EVERY = 1_000


def read_record(
    files: Iterable[tuple[str, bytes]], agreement: Agreement, progress: Callable[[int], None] = lambda lines: None
) -> History:
    """The history in one or more files (name, bytes); GivenError(record-invalid) at the first line that is wrong.

    `progress` is told every thousand lines how many were read.
    """
    reader = _Reader(agreement)
    count = 0
    for name, data in files:
        for number, pairs in _lines(name, data):
            reader.line(pairs, f"{name} line {number}")
            count += 1
            if count % EVERY == 0:
                progress(count)
        reader.end_file(name)
    return reader.history()


def read_plan(name: str, data: bytes, agreement: Agreement) -> Act:
    """An act not yet made, from a file that holds one object: a statement or an event as in a record, without its time."""
    pairs = read_object(data, name)
    if not {"statement", "event"} & pairs.keys():
        raise GivenError(CODE, "a plan is one act: give `statement` or `event` with its kind", where=name)
    for key in ("at", "received", "log", "index", "known_from", "replaces"):
        if key in pairs:
            raise GivenError(CODE, f"{key!r} has no place in a plan; the time asked about is --at", where=name)
    reader = _Reader(agreement)
    reader.begun = True
    reader.line({"id": "plan", **pairs}, name)
    (act,) = reader.acts.values()
    return act


def log_keepers(agreement: Agreement) -> list[str]:
    """Whose logs there are."""
    return [*agreement.parties, *(code for code, other in agreement.others.items() if other.keeps_log)]


class _Telling(NamedTuple):
    """An account line whose act is not yet known."""

    source: str
    known: int | None
    line: Taker


class _Reader:
    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.begun = False
        self.nows: list[int] = []
        self.labels: list[Label] = []
        self.notes: list[str] = []
        self.acts: dict[str, Act] = {}
        self.places: dict[str, str] = {}
        self.told: dict[str, list[_Telling]] = {}
        self.withdrawn: dict[str, Withdrawn] = {}
        self.heads: dict[str, int] = {}
        self.head_places: dict[str, str] = {}
        self.reported: dict[str, str] = {}

    def line(self, pairs: dict[str, Any], where: str) -> None:
        """One line."""
        forms = [name for name in FORMS if name in pairs]
        if len(forms) != 1:
            said = f"has {' and '.join(map(repr, forms))}" if forms else "has none of them"
            raise GivenError(CODE, f"a line has one of the keys {', '.join(FORMS)}; this one {said}", where=where)
        if not self.begun and forms[0] != "record":
            raise GivenError(CODE, "the first line of a file is its `record` line; put it before", where=where)
        line = Taker(pairs, where)
        takers = {
            "record": self._record, "statement": self._statement, "event": self._event,
            "account": self._account, "withdrawal": self._withdrawal, "head": self._known_head,
        }  # fmt: skip
        takers[forms[0]](line)

    def end_file(self, name: str) -> None:
        """A file must have had its first line."""
        if not self.begun:
            raise GivenError(CODE, "the record is empty; its first line says what it is (`record`)", where=name)
        self.begun = False

    def _record(self, line: Taker) -> None:
        if self.begun:
            line.fail("a second `record` line; keep one, the first", "record")
        if line.take("record") != 1:
            line.fail("this version reads record 1", "record")
        code = line.text("agreement")
        if code != self.agreement.code:
            line.fail(f"the record is of {code!r}, the agreement file is {self.agreement.code!r}", "agreement")
        label = line.text("label")
        if label not in LABELS:
            line.fail(f"{label!r} is not one of: {', '.join(LABELS)}", "label")
        self.labels += [each for each in LABELS if each == label and each not in self.labels]
        self.nows.append(line.instant("now"))
        if note := line.text("note", ""):
            self.notes.append(note)
        line.done("record, agreement, label, now, note")
        self.begun = True

    def _statement(self, line: Taker) -> None:
        self._act(line, "statement", event=False)

    def _event(self, line: Taker) -> None:
        self._act(line, "event", event=True)

    def _kind(self, line: Taker, form: str, event: bool) -> Kind:
        name = line.text(form)
        kind = self.agreement.kinds.get(name)
        known = [each.name for each in self.agreement.kinds.values() if each.event == event]
        if kind is None or kind.event != event:
            line.fail(f"{name!r} is no {form} of {self.agreement.code}; known: {', '.join(known) or 'none'}", form)
        return kind

    def _act(self, line: Taker, form: str, event: bool) -> None:
        kind = self._kind(line, form, event)
        id = line.text("id")
        if id in self.acts:
            line.fail(f"{id!r} is given before, {self.places[id]}; a correction has its own id and `replaces`", "id")
        if not id:
            line.fail("an id is not empty", "id")
        head = self._head(line, kind)
        log = line.text("log", "")
        if log and log not in log_keepers(self.agreement):
            line.fail(f"{log!r} keeps no log; known: {', '.join(log_keepers(self.agreement))}", "log")
        index = line.take("index", -1)
        if not isinstance(index, int) or isinstance(index, bool) or (index < 0 and index != -1):
            line.fail("an index is a whole number from 0", "index")
        known = line.instant("known_from", None)
        replaces = line.text("replaces", "")
        sources = line.take("sources", [])
        if (
            not isinstance(sources, list)
            or not all(isinstance(one, str) and one for one in sources)
            or (len(set(sources)) < len(sources))
        ):
            line.fail("sources are a list of names or codes, each once: who tells it so", "sources")
        if sources and not kind.event:
            line.fail("a statement is signed; only events have sources", "sources")
        if reported := line.text("reported_in", ""):
            self.reported[id] = reported
        head["fields"] = values.fields(line.take("fields", {}), kind, self.agreement, f"{line.where}, fields")
        line.done(f"{form}, {_ACT}")
        head["sources"] = tuple(sources)
        self.acts[id] = Act(id, kind.name, log=log, index=index, known_from=known, replaces=replaces, **head)
        self.places[id] = line.where

    def _head(self, line: Taker, kind: Kind) -> dict[str, Any]:
        """by, at, received, from, until: the same on an act and on an account of it."""
        head: dict[str, Any] = {}
        if line.has("by"):
            head["by"] = values.people(line.take("by"), self.agreement, f"{line.where}, by")
        if line.has("at"):
            head["at"] = values.interval(line.take("at"), f"{line.where}, at")
        if line.has("received"):
            if kind.event:
                line.fail("an event is not received; write `at`, and accounts of who tells it", "received")
            head["received"] = self._received(line)
        for name, key in (("from", "from_"), ("until", "until")):
            if line.has(name):
                head[key] = line.instant(name)
        return head

    def _received(self, line: Taker) -> dict[str, Interval]:
        pairs = line.take("received")
        if not isinstance(pairs, dict):
            line.fail("write who received it and when: {CODE: instant}", "received")
        found = {}
        for who, when in pairs.items():
            values.person(who, self.agreement, f"{line.where}, received")
            found[who] = values.interval(when, f"{line.where}, received {who}")
        return found

    def _account(self, line: Taker) -> None:
        id = line.text("account")
        source = line.text("source")
        known = line.instant("known_from", None)
        self.told.setdefault(id, [])
        if any(one.source == source for one in self.told[id]):
            line.fail(f"{source!r} tells {id!r} a second time; one account of a source, or a correction of the act")
        self.told[id].append(_Telling(source, known, line))

    def _withdrawal(self, line: Taker) -> None:
        id = line.text("withdrawal")
        if id in self.withdrawn:
            line.fail(f"{id!r} is withdrawn before, {self.withdrawn[id].where}", "withdrawal")
        self.withdrawn[id] = Withdrawn(line.instant("known_from"), line.text("reason", ""), line.where)
        line.done("withdrawal, known_from, reason")

    def _known_head(self, line: Taker) -> None:
        log = line.text("head")
        if log not in log_keepers(self.agreement):
            line.fail(f"{log!r} keeps no log; known: {', '.join(log_keepers(self.agreement))}", "head")
        to = line.instant("complete_to")
        line.done("head, complete_to")
        self.heads[log] = max(to, self.heads.get(log, NEVER))
        self.head_places[log] = line.where

    def history(self) -> History:
        """All files together, once every line is read: what lines say about each other."""
        if not self.nows:
            raise GivenError(CODE, "no record file was given")
        now = max(self.nows)
        told = {id: tuple(self._telling(id, one) for one in ones) for id, ones in self.told.items()}
        for id, taken in self.withdrawn.items():
            if id not in self.acts:
                raise GivenError(CODE, f"{id!r} is no act of this record", where=f"{taken.where}, withdrawal")
        for id, act in self.acts.items():
            if act.replaces and act.replaces not in self.acts:
                raise GivenError(
                    CODE, f"{act.replaces!r} is no act of this record", where=f"{self.places[id]}, replaces"
                )
            if act.replaces == id:
                raise GivenError(CODE, "an act cannot replace itself", where=f"{self.places[id]}, replaces")
            if act.replaces and (what := self._not_theirs(act, self.acts[act.replaces])):
                raise GivenError(CODE, what, where=f"{self.places[id]}, replaces")
        moments = [(first_known(act), self.places[id]) for id, act in self.acts.items()]
        moments += [(taken.known, taken.where) for taken in self.withdrawn.values()]
        moments += [(one.known or NEVER, one.where) for ones in told.values() for one in ones]
        moments += [(head, self.head_places[log]) for log, head in self.heads.items()]
        late = next((where for moment, where in moments if moment > now), None)
        if late is not None:
            what = f"this is known later than the record's `now`, {write_instant(now)}; give the later `now`"
            raise GivenError(CODE, what, where=late)
        heads = {log: self.heads.get(log, NEVER) for log in log_keepers(self.agreement)}
        return History(
            now=now, acts=self.acts, told=told, withdrawn=self.withdrawn, heads=heads, labels=tuple(self.labels),
            notes=tuple(self.notes), reported_in=self.reported,
        )  # fmt: skip

    def _not_theirs(self, new: Act, old: Act) -> str:
        """Why an act cannot correct another: what one said in its log nobody else corrects; "" if it can."""
        statement = not self.agreement.kinds[new.kind].event
        if statement == self.agreement.kinds[old.kind].event:
            return f"{old.id!r} is a {old.kind}: a statement corrects a statement, an event an event"
        if statement and new.log and old.log and new.log != old.log:
            return (
                f"{old.id!r} stands in the log of {old.log}, this in that of {new.log}; nobody corrects another's word"
            )
        return ""

    def _telling(self, id: str, one: _Telling) -> Told:
        """An account by the fields of its act, which may stand on a later line."""
        line = one.line
        if id not in self.acts:
            line.fail(f"{id!r} is no act of this record", "account")
        kind = self.agreement.kinds[self.acts[id].kind]
        changes: dict[str, object] = self._head(line, kind)
        changes |= values.fields(line.take("fields", {}), kind, self.agreement, f"{line.where}, fields")
        line.done(f"account, {_ACCOUNT}")
        return Told(Account(one.source, changes), one.known, line.where)


# lines of bytes


def _lines(name: str, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with their line numbers, from 1; empty lines are skipped."""
    for number, raw in enumerate(data.split(b"\n"), 1):
        if raw.strip():
            yield number, read_object(raw, f"{name} line {number}")


def read_object(raw: bytes, where: str) -> dict[str, Any]:
    """One JSON object, strictly: whole numbers, no key twice; GivenError(record-invalid) otherwise."""

    def fraction(text: str) -> Any:
        what = f"{text} is not a whole number; write 1e-7 degrees, metres or milliseconds as whole numbers"
        raise GivenError(CODE, what, where=where)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            twice = next(key for number, (key, _) in enumerate(items) if key in dict(items[:number]))
            raise GivenError(CODE, f"key {twice!r} is given twice; keep one", where=where)
        return found

    try:
        value = json.loads(raw.decode("utf-8"), parse_float=fraction, parse_constant=fraction, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise GivenError(CODE, f"not JSON: {error}; one object a line, UTF-8", where=where) from error
    if not isinstance(value, dict):
        raise GivenError(CODE, "a line is one JSON object", where=where)
    return value


# writing


def write_record(history: History, agreement: Agreement) -> Iterator[str]:
    """The lines of a history of one label, without their ends; `read_record` gives it back."""
    note = {"note": "; ".join(history.notes)} if history.notes else {}
    if len(history.labels) != 1:
        raise GivenError(CODE, f"a file has one label, not {' and '.join(history.labels)}; write one file for each")
    now = write_instant(history.now)
    first = {"record": 1, "agreement": agreement.code, "label": history.labels[0], "now": now, **note}
    yield json.dumps(first, ensure_ascii=False)
    for log in log_keepers(agreement):
        head = history.heads.get(log, history.now)
        if head > NEVER:
            yield json.dumps({"head": log, "complete_to": write_instant(head)})
    for id, act in history.acts.items():
        yield json.dumps(_act_line(act, history, agreement), ensure_ascii=False)
        for one in history.told.get(id, ()):
            yield json.dumps(_account_line(id, act.kind, one, agreement), ensure_ascii=False)
        if id in history.withdrawn:
            taken = history.withdrawn[id]
            reason = {"reason": taken.reason} if taken.reason else {}
            line = {"withdrawal": id, "known_from": write_instant(taken.known), **reason}
            yield json.dumps(line, ensure_ascii=False)


def _act_line(act: Act, history: History, agreement: Agreement) -> dict[str, Any]:
    kind = agreement.kinds[act.kind]
    line: dict[str, Any] = {"event" if kind.event else "statement": act.kind, "id": act.id}
    line |= _head_keys(
        {"by": act.by, "at": act.at, "received": act.received, "from_": act.from_, "until": act.until}, agreement
    )
    optional = {
        "log": act.log,
        "index": act.index if act.index >= 0 else None,
        "known_from": write_instant(act.known_from) if act.known_from is not None else "",
        "replaces": act.replaces,
        "sources": list(act.sources) or None,
        "reported_in": history.reported_in.get(act.id, ""),
    }
    line |= {name: value for name, value in optional.items() if value not in ("", None)}
    shown = {name: values.show_value(item, kind.fields.get(name), agreement) for name, item in act.fields.items()}
    return line | ({"fields": shown} if shown else {})


def _account_line(id: str, kind_name: str, one: Told, agreement: Agreement) -> dict[str, Any]:
    kind = agreement.kinds[kind_name]
    line: dict[str, Any] = {"account": id, "source": one.account.source}
    if one.known is not None:
        line["known_from"] = write_instant(one.known)
    changes = one.account.changes
    line |= _head_keys({key: changes[key] for key in _HEADS if key in changes}, agreement, every=True)
    shown = {
        name: values.show_value(item, kind.fields.get(name), agreement)
        for name, item in changes.items()
        if name not in _HEADS
    }
    return line | ({"fields": shown} if shown else {})


_HEADS = ("by", "at", "received", "from_", "until")


def _head_keys(head: dict[str, Any], agreement: Agreement, *, every: bool = False) -> dict[str, Any]:
    """`every`: an account also says what it leaves empty, since that changes the act."""
    line: dict[str, Any] = {}
    if "by" in head and (head["by"] or every):
        line["by"] = values.show_people(head["by"], agreement)
    if head.get("at") is not None:
        line["at"] = values.show_interval(head["at"])
    if head.get("received") or (every and "received" in head):
        line["received"] = {who: values.show_interval(when) for who, when in head["received"].items()}
    for key, name in (("from_", "from"), ("until", "until")):
        if head.get(key) is not None:
            line[name] = write_instant(head[key])
    return line
