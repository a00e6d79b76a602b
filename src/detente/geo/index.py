"""Many positions against many places: cells that decide most of the answers, and a proof that none is lost.

The Earth is laid out in cells of latitude and longitude, coarse ones of 0.08° and in each 8 x 8 fine ones. For a cell
with centre c, whose corners lie within r of c, and a place with signed distance d:

* d(c) > r + margin:    every position of the cell is surely outside, whatever is unsure of it up to the margin;
* d(c) < -(r + margin): every one is surely inside;
* else the cell is cut finer, and in a fine cell each position is computed.

This holds because a signed distance changes by at most one metre a metre. In a fine cell only pieces of edges within
|d(c)| + 2r of its centre can be the nearest to any position of it; only these are looked at. The tests compare with
every place asked at every position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detente.geo.edges import Edges, ranked, signed_distances
from detente.geo.ellipsoid import Floats, Ints, Points, arcs, points
from detente.geo.inside import certainty
from detente.geo.pieces import cut_path, joined
from detente.geo.regions import Ball, Disc, Outline, Region, Within
from detente.model.shapes import E7, HALF_TURN

COARSE, FINE = 800_000, 100_000
_AT_ONCE = 200_000


class Hits(NamedTuple):
    """Pairs that are not surely outside: number of the position, number of the place, and whether surely inside."""

    position: Ints
    place: Ints
    surely: NDArray[np.bool_]


class _Level(NamedTuple):
    """Cells of one size: sorted keys; for each a run of entries [first, next first) of places."""

    size: int
    keys: Ints
    first: Ints
    place: Ints
    decided: NDArray[np.bool_]


_OTHER, _DISC, _LINE, _RING = 0, 1, 2, 3


class Index:
    """Places prepared for many positions. `margin_mm`: the most that may be unsure of a position asked about."""

    def __init__(self, places: Sequence[Region], *, margin_mm: int) -> None:
        self.places = tuple(places)
        self.margin_mm = margin_mm
        self._error = np.array([place.error_mm for place in self.places], np.int64)
        leaves = [_leaf(place) for place in self.places]
        self._kept_off = np.array([leaf.metres if leaf else 0.0 for leaf in leaves])
        self._kind = np.array([leaf.kind if leaf else _OTHER for leaf in leaves], np.int64)
        somewhere = points(0, 0)
        centres = [somewhere, *(leaf.disc.centre if leaf and leaf.disc else somewhere for leaf in leaves)]
        self._centre = Points(
            np.concatenate([each.at for each in centres]), np.concatenate([each.up for each in centres])
        )
        nothing = cut_path(((0, 0), (1, 0)), "geodesic", "")  # so that there is always a first piece
        parts = [leaf.edges.pieces if leaf and leaf.edges else nothing for leaf in leaves]
        self._pieces = joined([nothing, *parts])
        self._before = np.cumsum([1, *(len(part) for part in parts)])
        coarse, fine, candidates = [], [], []
        for number, place in enumerate(self.places):
            found = _cells(place, (margin_mm + place.error_mm) / 1000)
            coarse.append((found.coarse, number))
            fine.append((found.fine, number))
            candidates += self._candidates(number, found)
        self._levels = (_level(COARSE, coarse), _level(FINE, fine))
        self._candidate_first, self._candidate = self._in_order(fine, candidates)

    def ask(self, lat: ArrayLike, lon: ArrayLike, e_mm: ArrayLike) -> Hits:
        """Every pair of a position (1e-7 degrees, unsure by `e_mm`) and a place it may be in, in order of position."""
        lats, lons = np.atleast_1d(np.asarray(lat, np.int64)), np.atleast_1d(np.asarray(lon, np.int64))
        unsure = np.broadcast_to(np.asarray(e_mm, np.int64), lats.shape)
        if len(unsure) and int(unsure.max()) > self.margin_mm:
            raise ValueError(f"{int(unsure.max())} mm unsure; this index was built for {self.margin_mm}")
        found: list[Hits] = []
        for level in self._levels:
            position, entry = _looked_up(level, lats, lons)
            sure = level.decided[entry]
            place = level.place[entry]
            found.append(Hits(position[sure], place[sure], np.ones(int(sure.sum()), bool)))
            if level.size == FINE:
                for at in range(0, len(position), _AT_ONCE):
                    part = slice(at, at + _AT_ONCE)
                    open_ = ~sure[part]
                    asked = position[part][open_]
                    where = points(lats[asked], lons[asked])
                    metres = self._metres(where, place[part][open_], entry[part][open_])
                    answer = certainty(metres, unsure[asked] + self._error[place[part][open_]])
                    maybe = answer.possibly
                    found.append(Hits(asked[maybe], place[part][open_][maybe], answer.surely[maybe]))
        position, place, surely = (np.concatenate([hits[column] for hits in found]) for column in range(3))
        order = np.lexsort((place, position))
        return Hits(position[order], place[order], surely[order])

    def _metres(self, where: Points, place: Ints, entry: Ints) -> Floats:
        """Signed distances of pairs, all places at once; entries name the pieces that may be nearest."""
        metres = np.empty(len(where))
        kind = self._kind[place]
        discs = np.flatnonzero(kind == _DISC)
        metres[discs] = arcs(where.take(discs), self._centre.take(place[discs] + 1))
        edged = np.flatnonzero(kind >= _LINE)
        if len(edged):
            first = self._candidate_first[entry[edged]]
            counts = self._candidate_first[entry[edged] + 1] - first
            starts = np.cumsum(counts) - counts
            piece = self._candidate[np.arange(int(counts.sum())) + np.repeat(first - starts, counts)]
            squared, along = ranked(self._pieces, where.take(np.repeat(edged, counts)), piece)
            least = np.repeat(np.minimum.reduceat(squared, starts), counts)
            winners = np.flatnonzero(squared == least)
            owner = np.repeat(np.arange(len(edged)), counts)[winners]
            winners = winners[np.diff(owner, prepend=-1) > 0]
            signed = signed_distances(self._pieces, where.take(edged), piece[winners], along[winners])
            metres[edged] = np.where(kind[edged] == _LINE, np.abs(signed), signed)
        metres -= self._kept_off[place]
        others = np.flatnonzero(kind == _OTHER)
        for number in np.unique(place[others]):
            rows = others[place[others] == number]
            metres[rows] = self.places[number].distances(where.take(rows))
        return metres

    def _candidates(self, number: int, found: _Cells) -> list[Ints]:
        leaf = _leaf(self.places[number])
        if leaf is None or leaf.edges is None:
            return [np.zeros(0, np.int64)] * len(found.fine[0])
        # The leaf's own distance: that of a buffer is smaller by the buffer's width.
        away = np.abs(found.metres + leaf.metres) if leaf.kind == _RING else found.metres + leaf.metres
        near = leaf.edges.pieces_within(found.centres, away + 2 * found.radius)
        return [each + self._before[number] for each in near]

    @staticmethod
    def _in_order(fine: list[tuple[tuple[Ints, NDArray[np.bool_]], int]], candidates: list[Ints]) -> tuple[Ints, Ints]:
        """Candidates in the order of the level's entries."""
        keys = np.concatenate([np.zeros(0, np.int64), *(cells[0] for cells, _ in fine)])
        order = np.argsort(keys, kind="stable")
        listed = [candidates[at] for at in order]
        counts = np.array([0, *(len(each) for each in listed)], np.int64)
        return np.cumsum(counts), np.concatenate([np.zeros(0, np.int64), *listed])


class _Leaf(NamedTuple):
    """A place that is one circle, line or polygon, kept off by `metres` (a buffer, a circle's radius)."""

    kind: int
    metres: float
    disc: Disc | None = None
    edges: Edges | None = None


def _leaf(place: Region) -> _Leaf | None:
    metres = 0.0
    while isinstance(place, Within):
        metres, place = metres + place.metres, place.of
    if isinstance(place, Disc):
        return _Leaf(_DISC, metres + place.radius, disc=place)
    if isinstance(place, Outline):
        return _Leaf(_RING if place.edges.closed else _LINE, metres, edges=place.edges)
    return None


class _Cells(NamedTuple):
    """Cells of one place: keys and whether decided, of each size; of the fine ones centre, radius and distance."""

    coarse: tuple[Ints, NDArray[np.bool_]]
    fine: tuple[Ints, NDArray[np.bool_]]
    centres: Points
    radius: Floats
    metres: Floats


def _cells(place: Region, margin: float) -> _Cells:
    rows, columns = _around(place.balls, margin)
    split, inside, *_ = _classify(place, margin, rows, columns, COARSE)
    coarse = _key(rows[inside], columns[inside], COARSE), np.ones(int(inside.sum()), bool)
    ratio = COARSE // FINE
    small = np.arange(ratio)
    rows = (rows[split, None, None] * ratio + small[:, None] + 0 * small).reshape(-1)
    columns = (columns[split, None, None] * ratio + small + 0 * small[:, None]).reshape(-1)
    unsure, inside, centres, radius, metres = _classify(place, margin, rows, columns, FINE)
    kept = np.flatnonzero(unsure | inside)
    keys = _key(rows[kept], columns[kept], FINE)
    return _Cells(coarse, (keys, inside[kept]), centres.take(kept), radius[kept], metres[kept])


def _classify(
    place: Region, margin: float, rows: Ints, columns: Ints, size: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Points, Floats, Floats]:
    south, west = rows * size - 90 * E7, columns * size
    centre = points(south + size // 2, west + size // 2)
    corners = [arcs(centre, points(south + up, west + right)) for up in (0, size) for right in (0, size)]
    radius = np.maximum.reduce([*corners, np.zeros(len(rows))])
    metres = place.distances(centre)
    reach = radius + margin + 0.1 + 1e-5 * np.abs(metres)
    return np.abs(metres) <= reach, metres < -reach, centre, radius, metres


def _around(balls: Sequence[Ball], margin: float) -> tuple[Ints, Ints]:
    """Coarse cells that may hold a position within `margin` of the balls. A degree is never less than 110.5 km long."""
    last, turn = 180 * E7 // COARSE - 1, 2 * HALF_TURN // COARSE
    found = set()
    for ball in balls:
        up = ball.centre.up[0]
        lat, lon = math.degrees(math.asin(up[2])), math.degrees(math.atan2(up[1], up[0]))
        reach = (ball.radius + margin) / 110_500 + 0.01
        low, high = (int((lat + sign * reach + 90) * E7 // COARSE) for sign in (-1, 1))
        if abs(lat) + reach >= 89.9:
            columns = range(turn)
        else:
            across = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat)))))
            columns = range(int((lon - across) * E7 // COARSE), int((lon + across) * E7 // COARSE) + 1)
        found |= {(row, column % turn) for row in range(max(low, 0), min(high, last) + 1) for column in columns}
    cells = np.array(sorted(found), np.int64).reshape(-1, 2)
    return cells[:, 0], cells[:, 1]


def _key(row: Ints, column: Ints, size: int) -> Ints:
    key: Ints = row * (2 * HALF_TURN // size) + column
    return key


def _level(size: int, cells: list[tuple[tuple[Ints, NDArray[np.bool_]], int]]) -> _Level:
    keys = np.concatenate([np.zeros(0, np.int64), *(found[0] for found, _ in cells)])
    decided = np.concatenate([np.zeros(0, bool), *(found[1] for found, _ in cells)])
    place = np.repeat([number for _, number in cells], [len(found[0]) for found, _ in cells]).astype(np.int64)
    order = np.argsort(keys, kind="stable")
    unique, first = np.unique(keys[order], return_index=True)
    return _Level(size, unique, np.append(first, len(keys)), place[order], decided[order])


def _looked_up(level: _Level, lats: Ints, lons: Ints) -> tuple[Ints, Ints]:
    """Positions with the entries of the cells they lie in. 90° north belongs to the row below it."""
    if not len(level.keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    row = np.minimum((lats + 90 * E7) // level.size, 180 * E7 // level.size - 1)
    key = _key(row, lons % (2 * HALF_TURN) // level.size, level.size)
    at = np.minimum(np.searchsorted(level.keys, key), len(level.keys) - 1)
    found = np.flatnonzero(level.keys[at] == key)
    first = level.first[at[found]]
    counts = level.first[at[found] + 1] - first
    entry = np.arange(int(counts.sum())) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return np.repeat(found, counts), entry
