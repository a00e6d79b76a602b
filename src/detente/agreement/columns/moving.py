"""Places that move: what an act told of them grows old, and its error with it (`drift`; 21-language-reference, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Answers, F, Ints, NoPlan, T, U, full
from detente.agreement.columns.measure import geodesic_bounds, xyz
from detente.agreement.columns.points import Where
from detente.agreement.columns.standing import standing_near
from detente.agreement.columns.view import Rows, whole
from detente.agreement.columns.vocabulary import MISSING, ODD, PLAIN
from detente.agreement.geometry import lost
from detente.agreement.judge.places import distance
from detente.agreement.record import Spot

if TYPE_CHECKING:
    from detente.agreement.columns.questions import Question
    from detente.agreement.columns.world import World

_MOST_PAIRS = 30_000_000


class Moving:
    """Moving places of one telling."""

    def __init__(self, world: World) -> None:
        self.world = world

    def near(self, question: Question, place: f.NamedIn, where: Where, rows: Rows, reach: float) -> Answers:
        """Positions that grow old. Those surely superseded before a row are not looked at."""
        result = full(len(rows), F)
        for kind in question.pattern.kinds:
            table = self.world.table(kind)
            everyone = whole(table)
            state, lon, lat, radius = table.spots(place.field)
            if (state == ODD).any():
                raise NoPlan("a moving place that is no point")
            for found, owner in self._latest(question, everyone, rows):
                at = np.flatnonzero(table.lo[found] <= rows.hi[owner])
                found, owner = found[at], owner[at]
                near = self._drifted(place, Where(state, lon, lat, radius), found, where, owner, rows, reach, table.lo)
                keep = np.flatnonzero(near != F)
                owner = owner[keep]
                value = standing_near(question, Rows(table, found[keep]), rows.take(owner), near[keep])
                np.maximum.at(result, owner, value)
        return result

    def _drifted(
        self,
        place: f.NamedIn,
        named: Where,
        found: Ints,
        where: Where,
        owner: Ints,
        rows: Rows,
        reach: float,
        since: Ints,
    ) -> Answers:
        age = np.maximum(0, rows.hi[owner] - since[found]) / 1000
        error = where.radius[owner] + named.radius[found] + place.drift * age
        here, there = xyz(where.lon, where.lat), xyz(named.lon, named.lat)
        low, high = geodesic_bounds(np.sqrt(sum((a[owner] - b[found]) ** 2 for a, b in zip(here, there, strict=True))))
        yes, no = high - reach + error <= 0, low - reach - error > 0
        band = (low - reach + error > 0) & (high - reach - error <= 0)
        result = np.where(yes, T, np.where(no, F, U)).astype(np.int8)
        known = (named.state[found] == PLAIN) & (where.state[owner] == PLAIN)
        result = np.where(
            known, result, np.where((named.state[found] == MISSING) & (where.state[owner] == PLAIN), F, U)
        )
        for one in np.flatnonzero(known & ~(yes | no | band)):
            a, b = int(owner[one]), int(found[one])
            spot = Spot(float(named.lon[b]), float(named.lat[b]), float(named.radius[b]))
            d = distance(self.world.geometry, float(where.lon[a]), float(where.lat[a]), spot)
            e = (
                float(where.radius[a])
                + spot.radius
                + place.drift * (max(0, int(rows.hi[a]) - int(since[b])) / 1000)
                + lost(d)
            )
            result[one] = T if d - reach + e <= 0 else F if d - reach - e > 0 else U
        return result.astype(np.int8)

    def _latest(self, question: Question, acts: Rows, rows: Rows) -> list[tuple[Ints, Ints]]:
        """Pairs of an act and an asking row, without acts that a surely newer one of the same key supersedes."""
        pattern = question.pattern
        table = acts.table
        keyed = bool(pattern.newest_per) and not pattern.same and pattern.to is None and not self.world.step.disordered
        if not keyed or (pattern.by is not None and question.fixed is None):
            if len(acts) * len(rows) > _MOST_PAIRS:
                raise NoPlan("too many moving places")
            return [(np.tile(acts.idx, len(rows)), np.repeat(np.arange(len(rows)), len(acts)))]
        index = self.world.index(table, pattern.newest_per)
        clean = question.by_test(acts, acts, None) == T
        if table.has_stated:
            clean &= table.from_ <= table.lo
        order = index.order
        sure = np.flatnonzero(clean[order] & (table.lo[order] == table.hi[order]))
        pairs = []
        size = len(rows)
        pairs += index.loose.pairs(np.arange(size), None, rows.hi)
        for group in range(index.groups):
            base = np.full(size, group * index.span)
            span = index.span - 1
            last = np.searchsorted(index.place[sure], base + np.clip(rows.lo - index.first, 0, span), "right") - 1
            newest = sure[np.maximum(last, 0)] if len(sure) else np.zeros(size, np.int64)
            known = (last >= 0) & (index.place[newest] >= base) if len(sure) else np.zeros(size, bool)
            since = np.where(known, table.lo[order[newest]] - index.width, index.first)
            start = np.searchsorted(index.place, base + np.clip(since - index.first, 0, span), "left")
            end = np.searchsorted(index.place, base + np.clip(rows.hi - index.first, 0, span), "right")
            counts = np.maximum(end - start, 0)
            if counts.sum() > _MOST_PAIRS:
                raise NoPlan("too many moving places")
            owner = np.repeat(np.arange(size), counts)
            offset = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
            pairs.append((order[np.repeat(start, counts) + offset], owner))
        return pairs
