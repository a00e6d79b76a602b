"""The findings counted three ways, each beside what they are counted out of: by clause, by who is bound, by day.

A count says nothing without the number of findings and of acts it stands among, so both are columns of every table.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from detente.agreement import wording as w
from detente.cli.judging_view import WORDS, View

MOST_DAYS = 31
"""Days listed singly; where there are more, they are counted by month, or by year."""
UNSURE = "day not sure"
_UNITS = {"day": 10, "month": 7, "year": 4}
"""How much of a date each is."""


class Row(NamedTuple):
    """One line: findings by word, and how many acts it is about."""

    name: str
    words: Counter[str]
    acts: int

    @property
    def findings(self) -> int:
        """Out of how many findings."""
        return sum(self.words[word] for word in WORDS)


class Counted(NamedTuple):
    """One table; `note`: what its rows are counted by, if that needs saying."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


def tables(view: View) -> tuple[Counted, ...]:
    """By clause, by who is bound, by day; findings in shadow are in none of them."""
    return _by_clause(view), _by_bearer(view), _by_day(view)


def _by_clause(view: View) -> Counted:
    spoken = [Row(name, row, _judged(view, name)) for name, row in view.counts().items() if any(row[x] for x in WORDS)]
    total = Row("all clauses", view.total(), len(view.judgement.record.acts))
    return Counted("by clause", (*spoken, total))


def _judged(view: View, clause: str) -> int:
    """On how many acts (or due times) the clause has findings."""
    return len({one.act for one in view.scored() if one.clause == clause})


def _by_bearer(view: View) -> Counted:
    names = w.names(view.given.agreement)
    found: dict[str, Counter[str]] = {}
    for one in view.scored():
        found.setdefault(one.bearer or "", Counter())[one.verdict] += 1
    acts = Counter(min(act.by) if len(act.by) == 1 else "" for act in view.judgement.record.acts)
    order = [*(code for code in names if code in found), *sorted(set(found) - set(names) - {""}), *({""} & set(found))]
    rows = (Row(names.get(code, code) or "nobody named", found[code], acts[code]) for code in order)
    return Counted("by who is bound", tuple(rows))


def _by_day(view: View) -> Counted:
    zone = view.given.agreement.zone or "UTC"
    found: dict[str, Counter[str]] = {}
    for one in view.scored():
        found.setdefault(_day(one.at, zone), Counter())[one.verdict] += 1
    acts = Counter(_day((act.at.lo, act.at.hi) if act.at else None, zone) for act in view.judgement.record.acts)
    few = [unit for unit, size in _UNITS.items() if len({_cut(day, size) for day in found}) <= MOST_DAYS]
    unit = few[0] if few else "year"
    size = _UNITS[unit]
    summed: dict[str, Counter[str]] = {}
    for day, words in found.items():
        summed.setdefault(_cut(day, size), Counter()).update(words)
    of = Counter(_cut(day, size) for day in acts.elements())
    return Counted(f"by {unit}", tuple(Row(day, summed[day], of[day]) for day in sorted(summed)), f"{unit}s of {zone}")


def _day(at: tuple[int, int] | None, zone: str) -> str:
    """The local day of an instant; of one that may lie on two, none."""
    if at is None or max(map(abs, at)) >= 1 << 47:
        return UNSURE
    moments = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms) for ms in at)
    days = {moment.astimezone(ZoneInfo(zone)).date() for moment in moments}
    return days.pop().isoformat() if len(days) == 1 else UNSURE


def _cut(day: str, size: int) -> str:
    """A day, its month or its year."""
    return day if day == UNSURE else day[:size]
