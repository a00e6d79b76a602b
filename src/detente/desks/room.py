"""Both desks of one node, and the before-check, over the node's own record.

Nothing is kept here but what has been read: areas, items, phases and the joint picture follow each time from the logs, so
two nodes that hold the same entries and signatures answer alike. Times ms UTC. Source: 15-desks, Areas and Lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from detente.agreement import form as f
from detente.agreement.distances import Distances, without_repeats
from detente.agreement.finding import Finding
from detente.agreement.judge import Judge, Overall, known_at
from detente.agreement.kinds import Elapsed
from detente.agreement.record import Act, Record, Region
from detente.agreement.strata import walk
from detente.desks import areas as areas_desk
from detente.desks import lists as lists_desk
from detente.desks.areas import Area
from detente.desks.lists import NOMINATION, Item
from detente.desks.moves import closed, in_roles, in_words
from detente.errors import LocalError
from detente.geo import regions
from detente.geo.areas import Circle, Polygon
from detente.geo.overlap import overlap
from detente.model.shapes import E7
from detente.model.terms import Terms
from detente.node.misfits import Misfit
from detente.node.ports import SharedStore
from detente.node.recording import Recording

DAY = 86_400_000
HOLDS = ("kept", "not applicable", "not due")


class Picture(NamedTuple):
    """`digest`: of the agreement, the areas in force and the phases that run; `unsure`: phases of which nobody can tell."""

    digest: str
    areas: tuple[Area, ...]
    phases: tuple[str, ...]
    unsure: tuple[str, ...]


class Room:
    """The desks of one node. LocalError (no-desk) where the agreement defines no such desk."""

    def __init__(self, agreement: f.Agreement, terms: Terms, store: SharedStore, me: str) -> None:
        self.agreement = agreement
        self.alleged: Callable[[Sequence[Act]], Sequence[Act]] = lambda known: ()
        """STOPs heard by voice, beside what is known: before an act they count as raised."""
        self.me = me
        self.parties = terms.parties()
        self.geometry = Distances()
        self._recording = Recording(agreement, terms, store, me)
        self._regions: dict[Region, regions.Region] = {}

    def record(self, now: int) -> Record:
        """All this node knows, and how far it knows each log."""
        return self._recording.record(now)

    def misfits(self) -> list[Misfit]:
        """Statements that do not fit the agreement, as found when the record was last read."""
        return self._recording.misfits

    def areas(self, now: int) -> list[Area]:
        """Every proposed area with its state."""
        return self._areas(self.record(now))

    def _areas(self, record: Record) -> list[Area]:
        acts = self._acts("for areas", areas_desk.VOCABULARY, record)
        return areas_desk.areas(acts, self.parties, self._overlap)

    def opposition(self, now: int) -> list[tuple[str, str, Region]]:
        """Areas named as the opposition's: code, by whom, shape. One side's word protects."""
        return areas_desk.opposition(self._acts("for areas", areas_desk.VOCABULARY, self.record(now)), self.parties)

    def items(self, now: int) -> list[Item]:
        """Every nomination with its state. An agreement without areas has no versions that could void one."""
        record = self.record(now)
        acts = self._acts("for lists", lists_desk.VOCABULARY, record)
        found = [] if closed(self.agreement, areas_desk.VOCABULARY) else self._areas(record)
        return lists_desk.items(acts, self.parties, now, areas_desk.versions(found))

    def picture(self, now: int) -> Picture:
        """The joint picture as this node holds it."""
        record = self.record(now)
        found = self._areas(record)
        running, unsure = self._phases(record)
        digest = areas_desk.picture(self.agreement.digest, found, running)
        standing = tuple(sorted(areas_desk.in_force(found).values(), key=lambda each: each.area))
        return Picture(digest, standing, running, unsure)

    def may(self, act: Act, at: int) -> tuple[Overall, list[Finding]]:
        """The before-check on this node's own record; what was heard by voice counts as if it stood there."""
        record = self.record(at)
        record = replace(record, acts=(*record.acts, *self.alleged(record.acts)))
        judge = Judge.over(self.agreement, self.geometry, known_at(record, at))
        return judge.overall(act, at), judge.may(act, at)

    def nominated(self, now: int, by: str) -> int:
        """How many nominations of a party this node has logged or received in the 24 hours before `now`."""
        listed = self._acts("for lists", lists_desk.VOCABULARY, self.record(now))
        acts = (act for act in listed if act.kind == NOMINATION and act.by == frozenset({by}))
        return sum(act.known_from is not None and now - DAY < act.known_from <= now for act in acts)

    def counting(self) -> tuple[str, ...]:
        """Clauses of the agreement that forbid a nomination by a count of nominations."""
        used = self.agreement.used.get(lists_desk.VOCABULARY)
        if used is None:
            return ()
        name = used.kinds[NOMINATION]
        return tuple(
            rule.id
            for rule in self.agreement.rules.values()
            if rule.mode == "forbid"
            and name in rule.kinds
            and any(_counts(part, name) for part in walk((rule.when, rule.unless)))
        )

    def beyond(self, now: int) -> list[tuple[str, str, int]]:
        """Clause that counts nominations, party, and how many nominations of it break that clause."""
        counting = self.counting()
        if not counting:
            return []
        record = self.record(now)
        by = {act.id: min(act.by) for act in record.acts}
        found = Judge.over(self.agreement, self.geometry, record).findings()
        broken = Counter(
            (one.clause, by[one.act]) for one in found if one.clause in counting and one.verdict == "broken"
        )
        return [(clause, party, count) for (clause, party), count in sorted(broken.items())]

    def look(self) -> int:
        """The longest time, ms, that any clause asks between a nomination and an act; 0 if none asks any."""
        name = self.agreement.used[lists_desk.VOCABULARY].kinds[NOMINATION]
        parts = (part for rule in self.agreement.rules.values() for part in walk((rule.when, rule.unless)))
        asked = (part.pattern for part in parts if isinstance(part, f.Ask) and part.mode == "earlier")
        leads = (each.at_least for each in asked if name in each.kinds)
        return max((lead.ms for lead in leads if isinstance(lead, Elapsed)), default=0)

    def role(self, name: str) -> str:
        """The role at the lists desk of a kind of the agreement's; "" if it has none."""
        used = self.agreement.used.get(lists_desk.VOCABULARY)
        return next((role for role, own in used.kinds.items() if own == name), "") if used else ""

    def in_role(self, role: str, fields: Mapping[str, object]) -> dict[str, object]:
        """The fields of a statement that stands for `role` at the lists desk, by the desk's names."""
        names = self.agreement.used[lists_desk.VOCABULARY].fields[role]
        return {name: fields[own] for name, own in names.items() if own in fields}

    def in_words(self, vocabulary: str, role: str, fields: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """What a desk says, in the agreement's own names for kind and fields; LocalError (no-desk) if it has none."""
        _open(f"for {vocabulary}", closed(self.agreement, vocabulary))
        return in_words(self.agreement.used[vocabulary], role, fields)

    def _acts(self, desk: str, vocabulary: str, record: Record) -> list[Act]:
        """The acts that a desk reads, in its own names; LocalError (no-desk) if the agreement does not use its vocabulary."""
        _open(desk, closed(self.agreement, vocabulary))
        return in_roles(self.agreement.used[vocabulary], record.current().acts)

    def _overlap(self, one: Region, other: Region) -> bool | None:
        return overlap(self._region(one), self._region(other), self.agreement.tolerance * 1000)

    def _region(self, shape: Region) -> regions.Region:
        found = self._regions.get(shape)
        if found is None:
            found = self._regions[shape] = regions.region(model_shape(shape))
        return found

    def _phases(self, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
        states = Judge.over(self.agreement, self.geometry, record).phases()
        running = tuple(name for name, runs in states.items() if runs)
        return running, tuple(name for name, runs in states.items() if runs is None)


def model_shape(shape: Region) -> Circle | Polygon:
    """An area of the record as a statement writes it: 1e-7 degrees, metres."""
    if shape.centre is not None:
        lon, lat = shape.centre
        return Circle(coordinates=(round(lon * E7), round(lat * E7)), radius=round(shape.radius))
    rings = (without_repeats(ring) for ring in shape.rings)
    return Polygon(
        coordinates=tuple(ring if ring[0] == ring[-1] else (*ring, ring[0]) for ring in rings), edges="geodesic"
    )


def _counts(part: object, kind: str) -> bool:
    return isinstance(part, f.Ask) and part.mode == "count" and kind in part.pattern.kinds


def _open(desk: str, why: str) -> None:
    if why:
        raise LocalError("no-desk", f"no desk {desk}: {why}")
