"""A made-up record under twenty.yaml, drawn from a seed: no real place, day or deed is meant.

Two months; 100,000 events by default and about a third as many statements. A few of them are known badly, as records are:
instants within some minutes, positions missing or wide, authors or fields unknown, receipts late, statements withdrawn or
corrected, one log known only up to two days before the end.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from detente.agreement.record import UNKNOWN, Act, Interval, OneOf, Record, Region, Span, Spot

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_472_688_000_000
"""2016-09-01T00:00Z."""
DAYS = 60
NOW = START + DAYS * DAY
AREAS, CORNERS, CONVOYS = 8, 30, 12
SHARES = (("strike", 0.60), ("flight", 0.20), ("attack", 0.12), ("landing", 0.08))


def record(events: int, seed: int) -> Record:
    """So many events, and the statements that go with them."""
    return Maker(events, seed).record()


class Maker:
    """One synthetic record."""

    def __init__(self, events: int, seed: int) -> None:
        self.random = Random(f"bench/judge {seed}")
        self.events = events
        self.acts: list[Act] = []
        self.targets = [f"t{n:05}" for n in range(max(20, events // 50))]
        self.operations = [f"op{n:05}" for n in range(max(10, events // 40))]
        self.regions = [self._ring() for _ in range(AREAS)]
        self.window = {operation: START + self.random.randrange(DAYS * DAY - 8 * HOUR) for operation in self.operations}

    def record(self) -> Record:
        """All of it."""
        self._founding()
        self._lists()
        self._places()
        self._operations()
        for kind, share in SHARES:
            getattr(self, f"_{kind}s")(int(self.events * share))
        self.random.shuffle(self.acts)
        return Record(tuple(self._known_badly(act) for act in self.acts), NOW, {"ru": NOW - 2 * DAY})

    # parts

    def _say(self, kind: str, by: str, at: int, fields: dict[str, object], **more: object) -> Act:
        late = at + (self.random.randrange(3 * HOUR) if self.random.random() < 0.02 else self.random.randrange(2_000))
        other = {"us": "ru", "ru": "us"}.get(by)
        received = {who: Interval(late, late) for who in ([other] if other else ["us", "ru"])}
        act = Act(f"{kind}-{len(self.acts)}", kind, frozenset((by,)), Interval(at, at), received, fields, **more)  # type: ignore[arg-type]
        self.acts.append(act)
        return act

    def _happen(self, kind: str, by: str, at: int, fields: dict[str, object]) -> None:
        self.acts.append(Act(f"{kind}-{len(self.acts)}", kind, frozenset((by,)), Interval(at, at), {}, fields))

    def _some_time(self) -> int:
        return START + self.random.randrange(DAYS * DAY)

    def _ring(self) -> Region:
        """An area of thirty corners about a middle."""
        lon, lat = 36.0 + 1.5 * self.random.random(), 34.6 + 1.2 * self.random.random()
        corners = []
        for n in range(CORNERS):
            reach, turn = 0.08 + 0.06 * self.random.random(), 2 * math.pi * n / CORNERS
            corners.append((lon + reach * math.cos(turn) / 0.82, lat + reach * math.sin(turn)))
        return Region(rings=(tuple(corners),))

    def _spot(self) -> Spot:
        if self.random.random() < 0.6:
            ring = self.random.choice(self.regions).rings[0]
            lon, lat = sum(p[0] for p in ring) / CORNERS, sum(p[1] for p in ring) / CORNERS
            return Spot(
                self.random.gauss(lon, 0.09), self.random.gauss(lat, 0.07), self.random.choice((5.0, 50.0, 300.0))
            )
        return Spot(35.9 + 1.8 * self.random.random(), 34.4 + 1.6 * self.random.random(), 50.0)

    def _founding(self) -> None:
        for by in ("us", "ru"):
            self._say("signature", by, START + HOUR, {})
            self._say("pull_back", by, START + 3 * DAY, {"sector": "north", "distance": 1000})
            self._say("extension", by, START + 11 * DAY, {}, until=START + 40 * DAY)
        for by in ("regime", "rebels"):
            self._say("acceptance", by, START + DAY, {})
        self._say("suspension", "us", START + 25 * DAY, {})
        for by in ("us", "ru"):
            self._say("resumption", by, START + 27 * DAY, {})
        self._say("departure", "rebels", START + 50 * DAY, {})
        for day in range(DAYS):
            for by in ("us", "ru"):
                if self.random.random() < 0.9:
                    self._say("line_test", by, START + day * DAY + 8 * HOUR + self.random.randrange(2 * HOUR), {})
        for number in range(200):
            stop = self._say("stop", self.random.choice(("us", "ru")), self._some_time(), {})
            if number % 5 and stop.at is not None:
                at = stop.at.lo + self.random.randrange(3 * MINUTE)
                self._say("stop_acknowledgement", "ru" if stop.by == {"us"} else "us", at, {"stop": stop.id})
            sector = f"sector {number}"
            at = self._some_time()
            self._say("pull_back", "regime", at, {"sector": sector, "distance": 500 + number})
            if number % 4:
                mirrored = {"sector": sector, "distance": 500 + number - self.random.choice((0, 0, 0, 1))}
                self._say("pull_back", "rebels", at + self.random.randrange(30 * HOUR), mirrored)

    def _lists(self) -> None:
        for target in self.targets:
            for by in ("us", "ru"):
                at = self._some_time()
                if self.random.random() < 0.7:
                    self._say("nomination", by, at, {"target": target})
                if self.random.random() < 0.9:
                    self._say("consent", by, at, {"target": target})
                if self.random.random() < 0.1:
                    self._say("withdrawal_of_consent", by, at + self.random.randrange(20 * DAY), {"target": target})

    def _places(self) -> None:
        for number, shape in enumerate(self.regions):
            for version in (1, 2, 3):
                at = START + DAY + (version - 1) * 18 * DAY + self.random.randrange(2 * DAY)
                for by in ("us", "ru"):
                    fields = {
                        "area": f"area {number}",
                        "version": version,
                        "shape": shape if version < 3 else self.regions[number - 1],
                    }
                    self._say("designation", by, at + self.random.randrange(6 * HOUR), fields)
        self._say("revocation", "us", START + 45 * DAY, {"area": "area 0"})
        for number in range(60):
            at = self._some_time()
            self._say(
                "site_entry",
                self.random.choice(("un", "us", "ru")),
                at,
                {"site": f"site {number}", "position": self._spot()},
            )
            if number % 6 == 0:
                self._say("site_removal", "us", at + 10 * DAY, {"site": f"site {number}"})
        for number in range(CONVOYS):
            at, place = START + self.random.randrange(40 * DAY), self._spot()
            for _ in range(max(2, self.events // 1000)):
                at += self.random.randrange(3 * HOUR)
                place = Spot(place.lon + 0.01 * self.random.random(), place.lat, 100.0)
                self._say("convoy_position", "un", at, {"convoy": f"convoy {number}", "position": place})
            self._say("arrival", "un", at + HOUR, {"convoy": f"convoy {number}"})

    def _operations(self) -> None:
        for operation, start in self.window.items():
            by = self.random.choice(("us", "ru"))
            place = self.random.choice(self.regions)
            fields: dict[str, object] = {
                "operation": operation,
                "place": place,
                "window": Span(start, start + 6 * HOUR),
            }
            for who in (by, by, "us", "ru"):
                self._say("air_notice", who, start - self.random.randrange(2 * HOUR), fields)
            if self.random.random() < 0.8:
                self._say("report", by, start + self.random.randrange(14 * HOUR), {"operation": operation})

    # events

    def _strikes(self, number: int) -> None:
        people = ("rebels", "rebels", "regime", "Old Front", "New Front", "a stranger")
        for n in range(number):
            operation = self.random.choice(self.operations)
            at = self.window[operation] + self.random.randrange(7 * HOUR)
            by = self.random.choice(("us", "ru", "ru", "regime"))
            name = f"s{n}"
            fields: dict[str, object] = {
                "strike": name, "target": self.random.choice(self.targets), "operation": operation,
                "position": self._spot(), "against": self.random.choice(people),
            }  # fmt: skip
            self._happen("strike", by, at, fields)
            if self.random.random() < 0.02 and by != "regime":
                claim = self._say("claim", by, at + self.random.randrange(80 * MINUTE), {"strike": name})
                if claim.at is not None and self.random.random() < 0.8:
                    self._say("reason", by, claim.at.lo + self.random.randrange(26 * HOUR), {"strike": name})

    def _flights(self, number: int) -> None:
        flight, first = "", START
        for n in range(number):
            at = self._some_time()
            if n % 3 == 0:
                flight = f"f{n}"
                if self.random.random() < 0.4:
                    fields: dict[str, object] = {
                        "flight": flight,
                        "purpose": "medical",
                        "window": Span(at - HOUR, at + 9 * HOUR),
                    }
                    if self.random.random() < 0.7:
                        fields["note"] = "ward full"
                    self._say("flight_notice", self.random.choice(("us", "ru")), at - 2 * HOUR, fields)
            else:
                at = first + self.random.randrange(4 * HOUR)
            first = at
            purpose = self.random.choice(("medical", "medical", "rescue", "patrol"))
            self._happen("flight", self.random.choice(("regime", "rebels", "ru")), at,
                         {"flight": flight, "purpose": purpose, "position": self._spot()})  # fmt: skip

    def _attacks(self, number: int) -> None:
        for n in range(number):
            by, against = self.random.choice((("regime", "rebels"), ("rebels", "regime"), ("us", "regime")))
            at = self._some_time()
            self._happen("attack", by, at, {"incident": f"i{n}", "against": against})
            if self.random.random() < 0.1:
                self._say(
                    "referral",
                    self.random.choice(("us", "ru")),
                    at + self.random.randrange(8 * HOUR),
                    {"incident": f"i{n}"},
                )

    def _landings(self, number: int) -> None:
        for _ in range(number):
            at = self._some_time()
            eta = at + self.random.randrange(-3 * HOUR, 3 * HOUR)
            by, host = self.random.choice((("us", "ru"), ("ru", "us")))
            asked = self._say("landing_request", by, at - DAY, {"host": host, "eta": eta})
            if self.random.random() < 0.6:
                self._say("answer", host, at - 20 * HOUR, {"flight": asked.id})
            self._happen("landing", by, at, {"flight": asked.id})

    # what is not known so well

    def _known_badly(self, act: Act) -> Act:
        pick = self.random.random()
        event = not act.received
        if pick < 0.003 and not event:
            return replace(act, withdrawn=True)
        if not event or act.at is None:
            return act
        fields = dict(act.fields)
        if pick < 0.03:
            early, late = self.random.randrange(5 * MINUTE), self.random.randrange(5 * MINUTE)
            return replace(act, at=Interval(act.at.lo - early, act.at.hi + late))
        if pick < 0.04 and "position" in fields:
            del fields["position"]
        elif pick < 0.05 and "position" in fields:
            fields["position"] = replace(self._spot(), radius=3_000.0)
        elif pick < 0.055:
            return replace(act, by=frozenset() if self.random.random() < 0.5 else act.by | {"ru"})
        elif pick < 0.06 and "target" in fields:
            fields["target"] = UNKNOWN
        elif pick < 0.065 and "target" in fields:
            fields["target"] = OneOf((fields["target"], self.random.choice(self.targets)))
        return replace(act, fields=fields)
