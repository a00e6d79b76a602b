"""Two engines on one record: what each says, where they differ, and the smallest record that still shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from types import ModuleType

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.finding import PERIOD, Finding
from detente.agreement.form import Agreement
from detente.agreement.record import UNKNOWN, Account, Act, Interval, OneOf, Record
from tests.agreement.geodesics import Exact
from tests.agreement.random_agreements import Tree, read_tree
from tests.agreement.random_records import HOUR

Key = tuple[str, str, str]
Said = dict[Key, str]


def words(findings: Iterable[Finding]) -> Said:
    """What is compared of each finding: clause, act and bearer; verdict, shadow, clauses in conflict, the first
    instant at which it would be kept, when it is due, who answers, who bears the doubt."""
    said = {}
    for one in findings:
        if one.verdict == "not applicable":
            continue  # one engine names it, the other leaves it out
        shadow = " (shadow)" if one.shadow else ""
        against = f" against {' '.join(sorted(one.against))}" if one.against else ""
        more: dict[str, object] = {
            "earliest": one.earliest,
            "due by": one.due_by,
            "answers": one.answers,
            "borne by": one.borne_by or None,
        }
        if one.act == PERIOD:
            more |= {"at": one.at, "watched": one.watched, "unwatched": one.unwatched}
        details = "".join(f", {name} {item}" for name, item in more.items() if item is not None)
        said[(one.clause, one.act, str(one.bearer))] = f"{one.verdict}{shadow}{against}{details}"
    return said


def judged(engine: ModuleType, agreement: Agreement, record: Record, geometry: Exact) -> Said:
    """All findings on a record."""
    return words(engine.judge(agreement, record, geometry))


def asked(
    engine: ModuleType,
    agreement: Agreement,
    record: Record,
    geometry: Exact,
    act: Act,
    at: int,
    relied: tuple[str, ...],
) -> Said:
    """The before-check: each clause, and the word over all."""
    said = words(engine.may(agreement, record, geometry, act, at, relied))
    whole = engine.overall(agreement, record, geometry, act, at, relied)
    said[("overall", act.id, "")] = str(whole.word).removesuffix(" found")
    return said


def differences(ours: Said, slow: Said) -> dict[Key, tuple[str, str]]:
    """Where two answers differ; `-` where one is silent."""
    keys = ours.keys() | slow.keys()
    return {key: pair for key in keys if (pair := (ours.get(key, "-"), slow.get(key, "-")))[0] != pair[1]}


def compare(agreement: Agreement, record: Record, geometry: Exact) -> tuple[int, dict[Key, tuple[str, str]]]:
    """How many findings were compared, and the differences."""
    ours, slow = (judged(engine, agreement, record, geometry) for engine in (step, reference))
    return len(ours.keys() | slow.keys()), differences(ours, slow)


def compare_before(
    agreement: Agreement, record: Record, geometry: Exact, act: Act, at: int, relied: tuple[str, ...]
) -> tuple[int, dict[Key, tuple[str, str]]]:
    """The same for a before-check."""
    ours, slow = (asked(engine, agreement, record, geometry, act, at, relied) for engine in (step, reference))
    return len(ours.keys() | slow.keys()), differences(ours, slow)


# records that were corrected, told twice, withdrawn


def disturb(record: Record, agreement: Agreement, random: Random) -> Record:
    """Corrections, withdrawals, late knowledge, and acts that sides tell each their own way."""
    acts: list[Act] = []
    for act in record.acts:
        pick = random.random()
        if pick < 0.06:
            old = replace(act, id=f"{act.id}old", by=frozenset({random.choice(list(agreement.parties))}), index=-1)
            act = replace(act, replaces=old.id)
            acts += [old, act] if random.random() < 0.5 else [act, old]
            continue
        if pick < 0.1:
            act = replace(act, withdrawn=True)
        elif pick < 0.16 and act.at is not None:
            act = replace(act, known_from=act.at.lo + random.choice((0, HOUR, 48 * HOUR)))
        elif pick < 0.24 and agreement.kinds[act.kind].event:
            act = replace(act, accounts=_accounts(act, agreement, random))
        acts.append(act)
    return Record(tuple(acts), record.now, record.heads)


def _accounts(act: Act, agreement: Agreement, random: Random) -> tuple[Account, ...]:
    found = []
    for source in random.sample(["us", "ru", "press"], random.choice((1, 2, 2))):
        changes: dict[str, object] = {}
        if random.random() < 0.4 and act.at is not None:
            changes["at"] = Interval(act.at.lo - random.choice((0, HOUR)), act.at.hi + random.choice((0, 1, HOUR)))
        if random.random() < 0.4:
            changes["by"] = frozenset({random.choice([*agreement.parties, "regime"])})
        if random.random() < 0.5 and "target" in act.fields:
            changes["target"] = random.choice(("x", "y", UNKNOWN, OneOf(("x", "y"))))
        found.append(Account(source, changes))
    return tuple(found)


# shrinking

Shows = Callable[[Agreement, Record], bool]


def shrink(
    tree: Tree | None, agreement: Agreement, record: Record, shows: Shows, *, plainer: bool = True
) -> tuple[Tree | None, Agreement, Record]:
    """A smaller agreement and record that still show it: clauses, parts and acts taken away one by one."""

    until = time.monotonic() + 20.0

    def holds(form: Agreement | None, rest: Record) -> bool:
        if time.monotonic() > until:
            return False
        try:
            return form is not None and shows(form, rest)
        except Exception:  # a smaller case that an engine refuses shows something else
            return False

    smaller = True
    while smaller:
        smaller = False
        for number in range(len(record.acts) - 1, -1, -1):
            rest = Record(record.acts[:number] + record.acts[number + 1 :], record.now, record.heads)
            if holds(agreement, rest):
                record, smaller = rest, True
        for change in _plainer(record) if plainer else ():
            if holds(agreement, change):
                record, smaller = change, True
                break
        if tree is not None:
            for one in _less(tree):
                form = read_tree(one)
                if holds(form, record):
                    assert form is not None
                    tree, agreement, smaller = one, form, True
                    break
    return tree, agreement, record


def _plainer(record: Record) -> Iterable[Record]:
    if record.heads:
        yield Record(record.acts, record.now)
        for log in record.heads:
            yield Record(record.acts, record.now, {k: v for k, v in record.heads.items() if k != log})
    for number, act in enumerate(record.acts):
        for plain in _plainer_acts(act):
            yield Record((*record.acts[:number], plain, *record.acts[number + 1 :]), record.now, record.heads)


def _plainer_acts(act: Act) -> Iterable[Act]:
    if act.index >= 0:
        yield replace(act, index=-1, log="")
    for name in ("from_", "until", "known_from"):
        if getattr(act, name) is not None:
            yield replace(act, **{name: None})  # type: ignore[arg-type]
    if act.accounts:
        yield replace(act, accounts=act.accounts[:-1])
        for number, one in enumerate(act.accounts):
            for name in one.changes:
                less = replace(one, changes={k: v for k, v in one.changes.items() if k != name})
                yield replace(act, accounts=(*act.accounts[:number], less, *act.accounts[number + 1 :]))
    for who in act.received:
        if len(act.received) > 1:
            yield replace(act, received={k: v for k, v in act.received.items() if k != who})
    if act.at is not None and act.at.lo != act.at.hi:
        yield replace(act, at=Interval(act.at.lo, act.at.lo))
    for who, when in act.received.items():
        if when.lo != when.hi:
            yield replace(act, received={**act.received, who: Interval(when.lo, when.lo)})


def _less(tree: Tree) -> Iterable[Tree]:
    """The tree with one key or one item of a list taken away, at any depth."""

    def inside(value: object) -> Iterable[object]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield {name: other for name, other in value.items() if name != key}
                for less in inside(item):
                    yield {**value, key: less}
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if len(value) > 1:
                    yield value[:number] + value[number + 1 :]
                for less in inside(item):
                    yield [*value[:number], less, *value[number + 1 :]]

    for key in ("clauses", "in_force", "phases", "places", "define", "grace", "settle", "tolerance"):
        if key in tree:
            if key != "clauses":
                yield {name: item for name, item in tree.items() if name != key}
            for less in inside(tree[key]):
                yield {**tree, key: less}
