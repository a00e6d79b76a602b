"""Words for durations, lengths, people, kinds, paths and places of a form, in plain English (21-language-
reference, 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from detente.agreement import form as f

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HEADS = {"id": "it", "by": "its author", "at": "its time", "from": "the start it states", "until": "the end it states"}
_NAMED = {
    "parties": ("a party", "each of the parties", "party"),
    "anyone": ("anyone", "everyone", "person"),
    "actor": ("the one who acted", "the one who acted", "actor"),
    "other": ("the other side", "each other party", "other party"),
    "guarantor": ("the guarantor", "the guarantor", "guarantor"),
}


def listed(items: Iterable[str], word: str = "or") -> str:
    """a, b or c."""
    found = list(items)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {word} {found[-1]}"


def plain(name: str) -> str:
    """A name of the file as words."""
    return name.replace("_", " ")


def a_kind(name: str) -> str:
    """A kind with its article."""
    words = plain(name)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def kinds(names: tuple[str, ...]) -> str:
    """Any of these kinds."""
    return listed(a_kind(name) for name in names)


def duration(span: f.Duration) -> str:
    """24h, 10min, 7 days."""
    if isinstance(span, f.Calendar):
        return f"{span.number} {span.unit if span.number != 1 else span.unit.removesuffix('s')}"
    for size, unit in ((3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if span.ms % size == 0 and span.ms:
            return f"{span.ms // size}{unit}"
    return f"{span.ms}ms"


def length(metres: float) -> str:
    """Metres, or kilometres when whole."""
    return f"{metres / 1000:g} km" if metres >= 1000 and metres % 100 == 0 else f"{metres:,.0f} m"


def about(metres: float) -> str:
    """A measured distance as people say it: whole metres, from 10 km on tenths of a kilometre."""
    return f"{metres:,.0f} m" if metres < 10_000 else f"{metres / 1000:,.1f} km"


def instant(ms: int) -> str:
    """An instant in UTC."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
    return moment.strftime("%d %b %Y %H:%M:%S") + (f".{ms % 1000:03d}" if ms % 1000 else "") + "Z"


def clock(minute: int) -> str:
    """A civil time."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def weekdays(days: tuple[int, ...] | None) -> str:
    """Which days."""
    return "every day" if days is None else "every " + listed((_DAYS[day] for day in days), "and")


def names(agreement: f.Agreement) -> dict[str, str]:
    """Code to name, of everybody the agreement knows."""
    return {**agreement.parties, **{code: other.name for code, other in agreement.others.items()}}


def person(who: f.Who, known: Mapping[str, str], each: bool = False) -> str:
    """One word for people; `known`: the names of codes."""
    if isinstance(who, f.Person):
        return known.get(who.code, who.code)
    if isinstance(who, f.Word):
        return _NAMED[who.word][1 if each else 0]
    if isinstance(who, f.GuarantorOf):
        return f"the guarantor of {path(who.path)}"
    return path(who.path)


def people(whos: f.Whos, known: Mapping[str, str], each: bool = False) -> str:
    """Any of these, or each of them."""
    if len(whos) == 1:
        return person(whos[0], known, each)
    each_name = [person(who, known, each) for who in whos]
    return f"each of {listed(each_name, 'and')}" if each else listed(each_name)


def nobody(whos: f.Whos | None, known: Mapping[str, str]) -> str:
    """Who may not: the subject of a prohibition, with `may`."""
    if whos is None or any(isinstance(who, f.Word) and who.word == "anyone" for who in whos):
        return "Nobody may"
    if len(whos) == 1 and isinstance(whos[0], f.Word):
        return f"No {_NAMED[whos[0].word][2]} may"
    if len(whos) == 1:
        return f"{capital(person(whos[0], known))} may not"
    if len(whos) == 2:
        return f"Neither {person(whos[0], known)} nor {person(whos[1], known)} may"
    return f"None of {listed((person(who, known) for who in whos), 'and')} may"


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def path(parts: f.Path) -> str:
    """A path in words."""
    if parts[0] == "its":
        return path(parts[1:]).replace("its ", "the ", 1) + " of that act" if len(parts) > 1 else "that act"
    if parts == ("this",):
        return "this clause"
    if parts == ("received",):
        return "its receipt"
    if parts[0] == "received":
        name = plain(parts[1])
        return "its receipt by the last of the parties" if name == "parties" else f"its receipt by {name}"
    if len(parts) == 1:
        return _HEADS.get(parts[0], f"its {plain(parts[0])}")
    last = {"from": "start", "until": "end", "at": "time", "by": "author"}.get(parts[-1], plain(parts[-1]))
    return f"the {last} of {path(parts[:-1])}"


def duration_ms(ms: int) -> str:
    """A length of time in ms."""
    return duration(f.Elapsed(ms))
