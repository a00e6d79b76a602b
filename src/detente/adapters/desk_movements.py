"""Movements at a running house: told to their receivers, slipped, followed, arrived, closed; acknowledged by those told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.adapters.desk_sayings import Answer, Sayings
from detente.adapters.desk_sites import SayAfter, Told
from detente.adapters.record_values import show_value
from detente.desks import movements as desk
from detente.errors import GivenError
from detente.node.house import House


class MovementDesk:
    """Requests about movements (`table`)."""

    def __init__(self, house: House, now: Callable[[], int], sayings: Sayings, say: SayAfter) -> None:
        self._house, self._now, self._sayings, self._say = house, now, sayings, say
        self._told = Told(house, sayings, desk.VOCABULARY)
        self.table: dict[str, Callable[[Answer], Answer]] = {"movements": self._list, "movement_say": self._about}

    def found(self, now: int) -> list[desk.Movement]:
        """Every movement; LocalError (no-desk) under an agreement without them."""
        acts = self._told.acts()
        return desk.movements(acts, self._told.said_to, now)

    def _list(self, _: Answer) -> Answer:
        now = self._now()
        found = [self._shown(each) for each in self.found(now)]
        return {**self._told.about(now), "notice": desk.NOTICE, "movements": found}

    def _shown(self, one: desk.Movement) -> Answer:
        return {
            "movement": one.movement, "version": one.version, "by": one.by, "route": self._value(one.route),
            "window": list(one.window), "vehicles": one.vehicles, "state": one.state, "slips": one.slips,
            "position": self._value(one.position) if one.position else None, "seen": one.seen,
            "told": [each._asdict() for each in one.told], "steps": [step._asdict() for step in one.steps],
        }  # fmt: skip

    def _value(self, value: object) -> Any:
        return show_value(value, None, self._sayings.room.agreement)

    def _about(self, request: Answer) -> Answer:
        """Say `name` of a movement. What follows a movement of ours goes to all who were told of it; a higher version takes
        what it does not say anew (route, window, vehicles) from the one before."""
        name, movement = str(request["name"]), str(request["movement"])
        me, fields, to = self._house.me, dict(request.get("fields", {})), str(request.get("to") or "")
        known = [each for each in self.found(self._now()) if each.movement == movement]
        own = next((each for each in known if each.by == me), None)
        fields["movement"] = movement
        if name == desk.ACKNOWLEDGEMENT:
            other = next((each for each in known if each.by != me), None)
            if other is None:
                raise self._unknown(movement)
            fields["version"], to = other.version, other.by
        elif name == desk.MOVEMENT:
            fields["version"] = own.version + 1 if own else 1
            if own is not None:
                before = {"route": self._value(own.route), "vehicles": own.vehicles}
                fields = {**{key: value for key, value in before.items() if value is not None}, **fields}
                to = to or ",".join(each.to for each in own.told)
        elif own is None:
            raise self._unknown(movement)
        else:
            if own.state == "closed":
                raise GivenError("unknown-name", f"{movement} is closed; notify it anew", where="movement")
            to = to or ",".join(each.to for each in own.told)
        given = {"vocabulary": desk.VOCABULARY, "name": name, "fields": fields}
        placed = self._say("said", to, self._sayings.fields("said", given))
        return {"movement": movement, "placed": [each._asdict() for each in placed]}

    def _unknown(self, movement: str) -> GivenError:
        known = ", ".join(sorted({each.movement for each in self.found(self._now())})) or "none"
        return GivenError("unknown-name", f"no movement {movement!r} is known here; known: {known}", where="movement")
