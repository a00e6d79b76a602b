"""Rings and lines that mean something: what is refused, and which way a ring turns.

1. Consecutive positions differ; no edge spans 180° of longitude (so no ring holds a pole); nothing reaches farther than
   1,000 km from its middle.
2. A ring is closed and neither crosses nor touches itself, nor runs back along itself: a bow-tie has no agreed inside,
   and mending it would halve it silently. The refusal names both edges and the place.
3. Holes lie within their outer ring and outside each other; parts of a multipolygon lie apart. None touch.

Touching means nearer than 10 mm, the grain of the coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from detente.errors import GivenError
from detente.geo.edges import Edges
from detente.geo.ellipsoid import Floats, Ints, arcs
from detente.geo.pieces import Pieces, cut_path, joined, middle, show_degrees

TOUCH = 0.010
MAX_RADIUS = 1_000_000.0
PAIRS_AT_ONCE = 1_000_000
MAX_PAIRS = 5_000_000
"""Pairs of pieces side by side, about 4 s of comparing: a shape that two thousand corners make slow is made to be slow."""
Path = Sequence[tuple[int, int]]


def check_line(path: Path, edges: str, where: str) -> None:
    """Raise GivenError (shape-invalid) if a line cannot be used. A line may cross itself."""
    _check_extent(cut_path(path, edges, where), where)


def check_ring(ring: Path, edges: str, where: str) -> bool:
    """Whether a ring has its inside on the left (runs anticlockwise); GivenError (shape-invalid) if it has none."""
    if ring[0] != ring[-1]:
        raise GivenError("shape-invalid", "the last position must repeat the first", where=where)
    pieces = cut_path(ring, edges, where)
    _check_extent(pieces, where)
    _check_apart(pieces, np.zeros(len(pieces), np.int64), [where])
    return _left(pieces)


def check_parts(parts: Sequence[Sequence[Path]], edges: str, where: str) -> None:
    """Check rings that are sound each by itself, outer ones anticlockwise, against each other (rule 3)."""
    order = [(part, ring) for part, rings in enumerate(parts) for ring in range(len(rings))]
    if len(order) == 1:
        return
    cut = [cut_path(parts[part][ring], edges, where) for part, ring in order]
    _check_extent(joined(cut), where)
    names = [f"{where}: part {part}, ring {ring}" for part, ring in order]
    _check_apart(joined(cut), np.repeat(np.arange(len(cut)), [len(each) for each in cut]), names)
    # Rings that neither cross nor touch lie apart or one within the other: one position of each tells.
    one_each = joined(cut).start.take(np.cumsum([0, *(len(each) for each in cut[:-1])]))
    holds = set()
    for outer, ring_cut in enumerate(cut):
        filled = Edges([ring_cut if _left(ring_cut) else ring_cut.backward()], closed=True)
        within = filled.distances(one_each) < 0
        holds |= {(order[outer], order[int(inner)]) for inner in np.flatnonzero(within) if inner != outer}
    for (part, ring), name in zip(order, names, strict=True):
        if ring > 0:
            if ((part, 0), (part, ring)) not in holds:
                raise GivenError("shape-invalid", "is a hole outside its outer ring", where=name)
            if any(((part, other), (part, ring)) in holds for other in range(1, len(parts[part]))):
                raise GivenError("shape-invalid", "is a hole within a hole", where=name)
        else:
            for other, rings in enumerate(parts):
                in_hole = any(((other, hole), (part, 0)) in holds for hole in range(1, len(rings)))
                if other != part and ((other, 0), (part, 0)) in holds and not in_hole:
                    raise GivenError("shape-invalid", f"overlaps part {other}", where=name)


def _check_extent(pieces: Pieces, where: str) -> None:
    centre = middle(pieces)
    if float(arcs(pieces.start, centre).max()) > MAX_RADIUS:
        raise GivenError("shape-invalid", "reaches farther than 1,000 km from its middle; split it", where=where)


def _left(pieces: Pieces) -> bool:
    """The corner farthest from any one point is a convex one: whether the ring turns left there is its direction."""
    at = int(np.argmax(arcs(pieces.start, middle(pieces))))
    turn = np.cross(pieces.t[at - 1], pieces.t[at])
    return bool(turn @ pieces.start.up[at] > 0)


def _check_apart(pieces: Pieces, owner: Ints, names: list[str]) -> None:
    """Refuse the first neighbours that fold back, and the first pieces that meet other than at a common end."""
    ends: dict[int, tuple[int, int]] = {
        int(ring): (int(np.flatnonzero(owner == ring)[0]), int(np.flatnonzero(owner == ring)[-1]))
        for ring in set(owner)
    }
    following = np.arange(1, len(pieces) + 1)
    for first, last in ends.values():
        following[last] = first
    here = np.arange(len(pieces))
    for at in _folded(pieces, here, following):
        corner = _shown(pieces.end.up[at])
        raise _refusal(pieces, owner, names, int(at), int(following[at]), "runs back along", corner)
    for one, two in _maybe_meeting(pieces, names[0]):
        apart = (following[one] != two) & (following[two] != one)
        one, two = one[apart], two[apart]
        for at in _meet(pieces, one, two):
            i, j = int(one[at]), int(two[at])
            raise _refusal(pieces, owner, names, i, j, "crosses or touches", _crossing(pieces, i, j))


def _refusal(pieces: Pieces, owner: Ints, names: list[str], i: int, j: int, word: str, place: str) -> GivenError:
    """Edges are numbered within their own ring."""
    before = [int(pieces.edge[owner == owner[piece]][0]) for piece in (i, j)]
    edge, other = int(pieces.edge[i]) - before[0], int(pieces.edge[j]) - before[1]
    there = f"edge {other}" if owner[i] == owner[j] else f"edge {other} of {names[int(owner[j])].rpartition(': ')[2]}"
    return GivenError("shape-invalid", f"edge {edge} {word} {there} at {place}", where=names[int(owner[i])])


def _maybe_meeting(pieces: Pieces, where: str) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of pieces whose boxes in space overlap, some at a time. A piece leaves its ends' box by 2 m at most."""
    low = np.minimum(pieces.start.at, pieces.end.at) - 5.0
    high = np.maximum(pieces.start.at, pieces.end.at) + 5.0
    widest = np.argsort(low.min(axis=0) - high.max(axis=0))  # sort along the axis that separates most
    low, high = low[:, widest], high[:, widest]
    order = np.argsort(low[:, 0], kind="stable")
    low, high = low[order], high[order]
    counts = np.searchsorted(low[:, 0], high[:, 0], "right") - np.arange(len(order)) - 1
    if int(counts.sum()) > MAX_PAIRS:
        raise GivenError(
            "shape-invalid", "too many of its edges run side by side to be compared; split it", where=where
        )
    chunk = np.cumsum(counts) // PAIRS_AT_ONCE
    for number in range(int(chunk[-1]) + 1):
        rows = np.flatnonzero(chunk == number)
        own = counts[rows]
        one = np.repeat(rows, own)
        two = np.arange(int(own.sum())) - np.repeat(np.cumsum(own) - own, own) + one + 1
        keep = ((low[one, 1:] <= high[two, 1:]) & (low[two, 1:] <= high[one, 1:])).all(axis=1)
        first, second = order[one[keep]], order[two[keep]]
        yield np.minimum(first, second), np.maximum(first, second)


def _sides(pieces: Pieces, one: Ints, of: Ints) -> tuple[Floats, Floats]:
    """Metres to the right of pieces `of` at which the ends of pieces `one` lie."""
    m, origin = pieces.m[of], pieces.start.at[of]
    return ((pieces.start.at[one] - origin) * m).sum(-1), ((pieces.end.at[one] - origin) * m).sum(-1)


def _meet(pieces: Pieces, one: Ints, two: Ints) -> Ints:
    a, b = _sides(pieces, one, two)
    c, d = _sides(pieces, two, one)
    crossed = (a * b < 0) & (c * d < 0)
    touched = _touches(pieces, one, two) | _touches(pieces, two, one)
    return np.flatnonzero(crossed | touched)


def _touches(pieces: Pieces, one: Ints, of: Ints) -> NDArray[np.bool_]:
    """Whether the start or end of pieces `one` lies within TOUCH of pieces `of`."""
    ends = (pieces.start.at[one], pieces.end.at[one])
    return np.minimum(*(_away(pieces, end, of) for end in ends)) < TOUCH


def _away(pieces: Pieces, positions: Floats, of: Ints) -> Floats:
    """Metres over the surface from positions to pieces near by."""
    from_start = positions - pieces.start.at[of]
    s = (from_start * pieces.t[of]).sum(-1)
    past = s - np.clip(s, 0, pieces.length[of])
    away: Floats = np.hypot((from_start * pieces.m[of]).sum(-1), past)
    return away


def _folded(pieces: Pieces, one: Ints, two: Ints) -> Ints:
    """Neighbours whose directions oppose and whose far ends lie within TOUCH of the other's line."""
    back = (pieces.t[one] * pieces.t[two]).sum(-1) < 0
    _, side = _sides(pieces, two, one)
    other, _ = _sides(pieces, one, two)
    shorter = np.where(pieces.length[one] < pieces.length[two], np.abs(other), np.abs(side))
    return np.flatnonzero(back & (shorter < TOUCH))


def _crossing(pieces: Pieces, one: int, two: int) -> str:
    """Where two pieces cross, or else which of their ends is nearest to the other piece."""
    i, j = np.array([one]), np.array([two])
    a, b = (float(each[0]) for each in _sides(pieces, i, j))
    c, d = (float(each[0]) for each in _sides(pieces, j, i))
    if a * b < 0 and c * d < 0:
        share = a / (a - b)
        up = (1 - share) * pieces.start.up[one] + share * pieces.end.up[one]
        up /= np.sqrt(up @ up)
    else:
        ends = [(end, piece, other) for piece, other in ((i, j), (j, i)) for end in (pieces.start, pieces.end)]
        nearest = min(ends, key=lambda each: float(_away(pieces, each[0].at[each[1]], each[2])[0]))
        up = nearest[0].up[nearest[1]][0]
    return _shown(up)


def _shown(up: Floats) -> str:
    return show_degrees(float(np.degrees(np.arcsin(up[2]))), float(np.degrees(np.arctan2(up[1], up[0]))))
