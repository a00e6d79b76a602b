"""The guard of one's own position: what would show where an asset of one's own is does not leave.

Asked for each place in what is about to leave, after it was made coarse:

1. *Near.* The place comes within `protect` of an asset that may be there at the time, and is narrower than the asset's
   `bound`: stopped. Whether it comes that near is three-valued; doubt stops.
2. *Follows.* A place at least as wide as the bound does not give the asset away by itself. But what was told before, to
   anybody, at any time the asset may be there, and this place may all hold the asset: whoever lays them over each other,
   or follows one object told under the asset's names at any speed, must be left with at least the bound.
3. A reason goes to the own desk and nowhere else. Nothing tells the other side that there was a guard or an asset.

The guard does not see: what text says, what the other side sees for itself, and that nothing was told.
Distances are geodesic (geo.regions), widths as in motion. Source: 50-release, own-position guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detente.geo.cell import show_length
from detente.geo.regions import Region
from detente.model.said import Value
from detente.node.release.assets import Asset, Assets
from detente.node.release.facts import Fact, Place, show_place
from detente.node.release.motion import Fix, remaining, width
from detente.node.release.nearness import comes_within

CODE = "own-position"
_ANY_SPEED = 1_000.0
"""Metres a second: no aircraft of the file is faster."""


class Objection(NamedTuple):
    """Why something does not leave: `code` of the error, what is wrong (own desk only), the field."""

    code: str
    what: str
    field: str = ""


class Guard:
    """The guard over a file of own assets."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._regions: dict[str, Region] = {each.name: each.region for each in assets.protected}

    def objection(
        self,
        kind: str,
        fields: Mapping[str, Value],
        held: tuple[int, int] | None = None,
        told: Sequence[Fact] = (),
        subject: str = "",
    ) -> Objection | None:
        """The first reason why these fields do not leave, or None. `held`: for which time they speak (None: any);
        `told`: all facts told before, to whomever."""
        if kind in self._assets.passes:
            return None
        for name, value in sorted(fields.items()):
            if isinstance(value, Place):
                for asset in self._assets.protected:
                    if not asset.there(held):
                        continue
                    reason = self._near(asset, value) or self._follows(asset, value, held, told, subject)
                    if reason:
                        return Objection(CODE, reason, f"{kind} {name}")
        return None

    def _near(self, asset: Asset, place: Place) -> str:
        wide = width(place)
        if wide >= asset.bound:
            return ""
        near = self.touches(asset, place, asset.protect)
        if near is False:
            return ""
        doubt = "comes" if near else "may come (it cannot be told)"
        return (
            f"{show_place(place)} {doubt} within {show_length(asset.protect * 1000)} of {asset.name}, and is "
            f"{_km(wide)} wide where {asset.name}'s bound is {_km(asset.bound)}"
        )

    def _follows(
        self, asset: Asset, place: Place, held: tuple[int, int] | None, told: Sequence[Fact], subject: str
    ) -> str:
        named = subject in asset.told_as
        if not named and self.touches(asset, place, 0) is False:
            return ""
        over = [Fix(0, 0, place)]  # laid over each other, whatever their times: an orbit stays where it is
        names = {place}
        flown = [_fix(held, place)] if named and held else []
        for fact in told:
            if fact.place is None or not asset.there(fact.held):
                continue
            if fact.place not in names and self.touches(asset, fact.place, 0) is not False:
                names.add(fact.place)
                over.append(Fix(0, 0, fact.place))
            if named and fact.subject in asset.told_as and fact.held:
                flown.append(_fix(fact.held, fact.place))
        left = min(remaining(over, 0.0), remaining(flown, _ANY_SPEED))
        if left >= asset.bound:
            return ""
        return (
            f"with {len(over) + len(flown) - 1 - bool(flown)} places told before, {show_place(place)} leaves {_km(left)} of where "
            f"{asset.name} is; its bound is {_km(asset.bound)}"
        )

    def touches(self, asset: Asset, place: Place, metres: int) -> bool | None:
        """Whether a place comes within so many metres of where an asset may be; None: it cannot be told."""
        return comes_within(place, self._regions[asset.name], metres)


def _fix(held: tuple[int, int], place: Place) -> Fix:
    return Fix(held[0], held[1], place)


def _km(metres: float) -> str:
    return show_length(int(metres * 1000))
