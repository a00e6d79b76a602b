"""The guard of one's own position: what would show where an asset of one's own is does not leave.

Asked for each place in what is about to leave, after it was made coarse:

1. *Near.* The place comes within `protect` of an asset that may be there at the time, and is narrower than the asset's
   `bound`: stopped. Whether it comes that near is three-valued; doubt stops.
2. *Follows.* A place at least as wide as the bound does not give the asset away by itself. But what was told before, to
   anybody, at any time the asset may be there, and this place may all hold the asset: whoever lays them over each other,
   or follows one object told under the asset's names at any speed, must be left with at least the bound.
3. Statements that the file lets pass (`passes`: sites, STOP) are not asked about.
4. A reason goes to the own desk and nowhere else. Nothing tells the other side that there was a guard or an asset.

The guard does not see: what text says, what the other side sees for itself, and that nothing was told.
Distances are geodesic (geo.regions), widths as in motion. Source: 50-release, own-position guard.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.geo.cell import show_length
from detente.geo.regions import Region
from detente.node.release.assets import Asset, Assets
from detente.node.release.facts import Fact, Place, show_place
from detente.node.release.interface import Objection
from detente.node.release.motion import Fix, remaining, width
from detente.node.release.nearness import comes_within

CODE = "own-position"
_ANY_SPEED = 1_000.0
"""Metres a second: no aircraft of the file is faster."""


class Guard:
    """The guard over a file of own assets."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._regions: dict[str, Region] = {each.name: each.region for each in assets.protected}

    def objection(self, fact: Fact, told: Sequence[Fact] = ()) -> Objection | None:
        """The first reason why a fact does not leave, or None. `told`: all facts told before, to whomever."""
        if fact.place is None or fact.kind in self._assets.passes:
            return None
        for asset in self._assets.protected:
            if asset.there(fact.held):
                if reason := self._near(asset, fact.place):
                    return Objection(CODE, reason, f"tell it in a cell at least {_km(asset.bound)} wide, or not at all")
                if reason := self._follows(asset, fact, fact.place, told):
                    return Objection(CODE, reason, "look at `detente told`, and tell it coarser, later or not at all")
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

    def _follows(self, asset: Asset, new: Fact, place: Place, told: Sequence[Fact]) -> str:
        named = new.subject in asset.told_as
        if not named and self.touches(asset, place, 0) is False:
            return ""
        over = [Fix(0, 0, place)]  # laid over each other, whatever their times: an orbit stays where it is
        flown = [Fix(*new.held, place)] if named and new.held else []
        before: set[Place] = set()
        for fact in told:
            if fact.place is None or fact.place == place or not asset.there(fact.held):
                continue
            if fact.place not in before and self.touches(asset, fact.place, 0) is not False:
                over.append(Fix(0, 0, fact.place))
                before.add(fact.place)
            if named and fact.subject in asset.told_as and fact.held:
                flown.append(Fix(*fact.held, fact.place))
                before.add(fact.place)
        left = min(remaining(over, 0.0), remaining(flown, _ANY_SPEED))
        if left >= asset.bound:
            return ""
        return (
            f"with {len(before)} places told before, {show_place(place)} leaves {_km(left)} of where "
            f"{asset.name} is; its bound is {_km(asset.bound)}"
        )

    def touches(self, asset: Asset, place: Place, metres: int) -> bool | None:
        """Whether a place comes within so many metres of where an asset may be; None: it cannot be told."""
        return comes_within(place, self._regions[asset.name], metres)


def _km(metres: float) -> str:
    return show_length(int(metres * 1000))
