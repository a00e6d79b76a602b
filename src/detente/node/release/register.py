"""The disclosure register: what we have told whom, what of it they can put together, and what one more statement adds.

The register holds the facts of every statement in our own logs (facts.py) with what the private store knows of them (who
approved, until when). It is made from them anew at each start and read further as the logs grow: a crash leaves nothing
half kept and nothing twice. Rules:

1. All facts on one object count together, to whomever they were told: what one was told the other may hear.
2. What remains of an object (motion.py) after a release may not be less than `width` of the file of own assets.
3. At most one release for an object and slot, but for the same words again, which tell nothing.
4. A finer release of what was told coarse, and a recall before sending, are counted anew: what waits to be sent counts
   as told (`waiting`), what was recalled does not.
5. A complete log tells what was *not* said: for each kind that was never said of an area and hour, the audience knows so
   up to the head it last signed for.

Times ms UTC, widths m. Source: 50-release, disclosure register.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from detente.geo.areas import Shape
from detente.geo.cell import show_length
from detente.geo.regions import region
from detente.model.when import show_instant
from detente.node.release.assets import Assets
from detente.node.release.facts import Fact, Place, show_place
from detente.node.release.interface import Objection
from detente.node.release.motion import Fix, remaining
from detente.node.release.nearness import comes_within

CODE = "told-too-much"
NOT_CAUGHT = (
    "what a text or a code says in words",
    "what they see, hear or are told by others, and what they infer from roads, fuel, habits or the weather",
    "that one object was told under two names which no asset of the file bears",
    "that a release due at a slot was withheld",
    "turns: a thing that flies straight for a part of the way only, unless that part is told without a gap",
)
"""What the preview does not catch; shown with every preview."""


class Known(NamedTuple):
    """What the private store keeps of a statement: who approved it, until when it counts as current (ms)."""

    approved: tuple[str, ...] = ()
    until: int | None = None


class Silence(NamedTuple):
    """A negative fact: nothing of this kind was told to the audience, who knows that up to an instant (ms)."""

    audience: str
    kind: str
    since: int
    known_to: int


@dataclass(frozen=True)
class Question:
    """What is asked of the register; everything left open matches."""

    area: Shape | None = None
    hour: tuple[int, int] | None = None
    subject: str = ""

    def matches(self, fact: Fact) -> bool:
        """Whether a fact may speak of it. A fact without time or place may speak of any."""
        if self.subject and self.subject not in (fact.subject, fact.subject.partition(" ")[2]):
            return False
        if self.hour and fact.held and not (fact.held[0] < self.hour[1] and fact.held[1] >= self.hour[0]):
            return False
        if self.area is None:
            return True
        return fact.place is not None and meets(fact.place, self.area)


@dataclass(frozen=True)
class Preview:
    """What one more release would add. `objections` empty: it may leave as far as the register is concerned."""

    new: tuple[Fact, ...]
    known: tuple[Fact, ...]
    left: Mapping[str, float]
    objections: tuple[Objection, ...] = ()
    earlier: Mapping[str, int] = field(default_factory=dict)

    def with_objections(self, more: Iterable[Objection]) -> Preview:
        """The same with others' objections first."""
        return replace(self, objections=tuple(dict.fromkeys((*more, *self.objections))))

    def text(self) -> str:
        """For people, before sending; at most 100 columns."""
        audiences = ", ".join(sorted({fact.audience for fact in (*self.new, *self.known)}))
        lines = [f"After this we will have told {audiences}:"]
        lines += [line for fact in _once(self.new) for line in _wrapped(words(fact))]
        if self.known:
            lines.append(f"Told before in the same words, so nothing new: {len(self.known)}.")
        for subject, metres in sorted(self.left.items()):
            about = subject or "places without an object"
            lines += _wrapped(
                f"{about}: with {self.earlier.get(subject, 0)} places told before, {show_length(int(metres * 1000))} remains of "
                "where it is"
            )
        lines += [line for each in self.objections for line in _wrapped(f"stopped: {each.what}; {each.remedy}")]
        lines.append("This does not catch:")
        lines += [line for each in NOT_CAUGHT for line in _wrapped(f"- {each}")]
        return "\n".join(lines)


class Register:
    """See the module's words. `add` takes facts in the order of the logs; one statement to one audience counts once."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._facts: dict[tuple[str, str, int], Fact] = {}
        self._placed: dict[str, dict[tuple[str, str, int], Fact]] = {}

    def add(self, facts: Iterable[Fact], known: Known | None = None) -> None:
        """Keep facts of one statement. Given twice, they are kept once."""
        for number, fact in enumerate(facts):
            if known is not None:
                fact = replace(fact, approved=known.approved, until=fact.until if known.until is None else known.until)
            key = fact.audience, fact.statement, number
            self._facts[key] = fact
            if fact.place is not None and fact.subject:
                self._placed.setdefault(self._assets.object(fact.subject), {})[key] = fact

    @property
    def facts(self) -> list[Fact]:
        """All, in the order they were added."""
        return list(self._facts.values())

    def told(self, audience: str, question: Question | None = None) -> list[Fact]:
        """What one audience was told that may speak of the question."""
        asked = question or Question()
        return [fact for fact in self.facts if fact.audience == audience and asked.matches(fact)]

    def silences(
        self, audience: str, kinds: Iterable[str], since: int, known_to: int, question: Question | None = None
    ) -> list[Silence]:
        """Kinds of which the audience knows that nothing was told to it about the question."""
        said = {fact.kind for fact in self.told(audience, question)}
        return [Silence(audience, kind, since, known_to) for kind in sorted(set(kinds) - said)]

    def remaining(self, subject: str, more: Sequence[Fact] = ()) -> float:
        """What remains of an object by all that was told of it, to anybody, and `more`; metres, inf if no place was."""
        fixes = [Fix(*held(fact), fact.place) for fact in self._of_object(subject, more) if fact.place is not None]
        speeds = [limits.speed for limits in (self._assets.remains or {}).values()]
        return remaining(fixes, max(speeds, default=0.0))

    def _of_object(self, subject: str, more: Iterable[Fact] = ()) -> list[Fact]:
        """Places told of an object under all its names, in the logs and in `more`; the same words once."""
        name = self._assets.object(subject)
        others = (f for f in more if f.place is not None and f.subject and self._assets.object(f.subject) == name)
        return _once((*self._placed.get(name, {}).values(), *others))

    def preview(self, new: Sequence[Fact], waiting: Sequence[Fact] = ()) -> Preview:
        """What these facts (of one statement, already coarse) would add, with what waits to be sent counted as told."""
        told = {(fact.audience, fact.words()) for fact in (*self._facts.values(), *waiting)}
        known = [fact for fact in new if (fact.audience, fact.words()) in told]
        fresh = [fact for fact in new if fact not in known]
        placed = [fact for fact in _once(fresh) if fact.place is not None and fact.subject]
        left = {fact.subject: self.remaining(fact.subject, [*waiting, *fresh]) for fact in placed}
        earlier = {fact.subject: len(self._others(fact, waiting)) for fact in placed}
        return Preview(tuple(fresh), tuple(known), left, tuple(self.objections(new, waiting)), earlier)

    def objections(self, new: Sequence[Fact], waiting: Sequence[Fact] = ()) -> Iterator[Objection]:
        """What the limits of the file have against these facts; words that their audience has had already tell nothing."""
        limited = [fact for fact in new if fact.place is not None and fact.subject and self._assets.limits(fact.kind)]
        fresh = [fact for fact in limited if not self._had(fact, waiting)]
        for fact in _once(fresh):
            left = self.remaining(fact.subject, [*waiting, *fresh])
            yield from self._objections(fact, self._others(fact, waiting), left)

    def _had(self, fact: Fact, waiting: Iterable[Fact]) -> bool:
        """Whether its audience was told it before in the same words."""
        placed = self._placed.get(self._assets.object(fact.subject), {}).values()
        return any(each.audience == fact.audience and fact.same_words(each) for each in (*placed, *waiting))

    def _others(self, fact: Fact, waiting: Iterable[Fact]) -> list[Fact]:
        """What else was told of where the object of a fact is."""
        return [each for each in self._of_object(fact.subject, waiting) if not fact.same_words(each)]

    def _objections(self, fact: Fact, others: Sequence[Fact], left: float) -> list[Objection]:
        limits = self._assets.limits(fact.kind)
        if limits is None:
            return []
        found = []
        at = held(fact)[0] // limits.slot
        taken = [b for b in others if b.kind == fact.kind and held(b)[0] // limits.slot == at]
        if taken:
            what = (
                f"{fact.subject} was told for the slot that begins at {show_instant(at * limits.slot)} already, by "
                f"{taken[0].statement[:12] or 'a statement that waits'}: at most one release for an object and slot"
            )
            found.append(Objection(CODE, what, "wait for a later slot"))
        if left < limits.width:
            what = (
                f"with {len(others)} places told before, {show_length(int(left * 1000))} would remain of where {fact.subject} is; "
                f"{show_length(limits.width * 1000)} has to"
            )
            found.append(Objection(CODE, what, "wait, or tell it by a wider cell"))
        return found


def held(fact: Fact) -> tuple[int, int]:
    """For which time a fact places its object: what it says, else when it was said."""
    return fact.held or (fact.said, fact.said)


def meets(place: Place, area: Shape) -> bool:
    """Whether a place told may have ground in common with an area asked about (doubt counts)."""
    return comes_within(place, region(area), 0) is not False


def words(fact: Fact) -> str:
    """One fact in a sentence: `flight f-1: a place within 20 km (…), 2016-09-16 09:00:00Z to …, as flight_notice`."""
    parts = [show_place(fact.place)] if fact.place is not None else []
    if fact.held is not None:
        parts.append(f"from {show_instant(fact.held[0])} to {show_instant(fact.held[1])}")
    parts += [
        f"{name} {value}" for name, value in fact.fields if f"{name} {value}" != fact.subject and "Z to " not in value
    ]
    kind = fact.kind.replace("_", " ")
    return f"{fact.subject or kind}: {', '.join(parts) or 'that it was said'} ({kind})"


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """The same words told to several audiences count once."""
    return list({fact.words(): fact for fact in facts}.values())


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 96, initial_indent="  ", subsequent_indent="    ")
