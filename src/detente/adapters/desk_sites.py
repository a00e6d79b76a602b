"""Sites at a running house: entered for each receiver as its notifier chooses, answered, withdrawn; what is kept at home.

Full and coarse entries of one site are two statements, linked by `same_as`. A coarse one is the cell of the fixed grid
that holds the place (geo.coarse), so that telling it again tells nothing more. Which receiver gets what, and annexes, are
in the private store. Protection depends on none of what is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import msgspec

from detente.adapters.annexes import DAY, LASTS, Annexes
from detente.adapters.desk_sayings import Answer, Sayings
from detente.adapters.record_values import show_value
from detente.adapters.store_private import PrivateStore
from detente.agreement.record import Act, Spot
from detente.desks import near_sites as near
from detente.desks import sites as desk
from detente.desks.moves import closed, in_roles
from detente.desks.site_alarms import alarms
from detente.errors import GivenError, LocalError
from detente.geo.coarse import coarse_cell
from detente.geo.ellipsoid import arcs, geodesic, points
from detente.model.shapes import E7, Cell
from detente.node.house import House
from detente.node.recording import Recording
from detente.node.speaker import Placed

CHOICES = "site choices"


class SayAfter(Protocol):
    """The house's ordinary way of speaking; `first`: the statement that this one names by `same_as`."""

    def __call__(self, kind: str, to: str, fields: Answer, first: str | None = None) -> list[Placed]: ...


class Told:
    """What a desk of this kind reads: the acts of a vocabulary in its own names, and to whom each was said."""

    def __init__(self, house: House, sayings: Sayings, vocabulary: str) -> None:
        self._house, self._sayings, self._vocabulary = house, sayings, vocabulary

    @cached_property
    def recording(self) -> Recording:
        """The node's record of this vocabulary's kinds alone; LocalError (no-desk) if the agreement does not use it."""
        agreement = self._sayings.room.agreement
        if why := closed(agreement, self._vocabulary):
            raise LocalError("no-desk", f"no desk for {self._vocabulary.partition('-')[0]}: {why}")
        names = set(agreement.used[self._vocabulary].kinds.values())
        return Recording(agreement, self._house.terms, self._house.store, self._house.me, names=names)

    def acts(self) -> list[Act]:
        """In the vocabulary's names."""
        used = self._sayings.room.agreement.used
        return in_roles(used[self._vocabulary], self.recording.acts()) if self.recording else []

    def said_to(self, act: str) -> frozenset[str]:
        """Those an act was said to, as our logs show."""
        return self.recording.said_to.get(act, frozenset())

    def about(self, now: int) -> Answer:
        """What every answer begins with."""
        return {
            "me": self._house.me, "now": now, "agreement": self._sayings.room.agreement.code,
            "misfits": [each._asdict() for each in self.recording.misfits],
        }  # fmt: skip


class SiteDesk:
    """Requests about sites (`table`)."""

    def __init__(
        self, house: House, private: PrivateStore, now: Callable[[], int], sayings: Sayings, say: SayAfter
    ) -> None:
        self._house, self._private, self._now, self._sayings, self._say = house, private, now, sayings, say
        self.annexes = Annexes(private, house.random)
        self._told = Told(house, sayings, desk.VOCABULARY)
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "sites": self._list, "sites_enter": self._enter, "site_say": self._about,
            "site_annex": self._annex, "site_annex_erase": self._erase, "sites_score": self._score,
        }  # fmt: skip

    # knowing

    def found(self, now: int) -> list[desk.Site]:
        """Every version of every site; LocalError (no-desk) under an agreement without them."""
        acts = self._told.acts()
        return desk.sites(acts, self._told.said_to, now)

    def _list(self, _: Answer) -> Answer:
        now = self._now()
        found = self.found(now)
        return {
            **self._told.about(now), "notice": desk.NOTICE, "sites": [self._shown(site) for site in found],
            "withheld": self._withheld(), "submitted": self._submitted(), "counts": desk.counts(found),
            "alarms": [each._asdict() for each in alarms(found, _metres)],
        }  # fmt: skip

    def _shown(self, site: desk.Site) -> Answer:
        lines = [
            {
                "to": line.to, "state": line.state, "precision": line.precision, "received": line.received,
                "reason": line.reason, "age_from": line.age_from, "entry": line.entry,
                "position": show_value(line.position, None, self._sayings.room.agreement),
                "steps": [step._asdict() for step in line.steps],
            }
            for line in site.lines
        ]  # fmt: skip
        return {
            "site": site.site, "version": site.version, "by": site.by, "kind": site.kind, "verified": site.verified,
            "second_source": site.second_source, "max_age": site.max_age, "expires": site.expires, "lines": lines,
        }  # fmt: skip

    def _score(self, request: Answer) -> Answer:
        """Events near sites before and after each receipt, by receiver."""
        now, days = self._now(), int(request.get("days") or near.DAYS)
        kinds = self._sayings.room.agreement.kinds
        acts = self._sayings.room.record(now).current().acts
        events = near.events_of(acts, [name for name, kind in kinds.items() if kind.event])
        since = min((event.at.lo for event in events), default=now)
        found = near.scores(self.found(now), events, _away, since, now, days)
        rows = [
            {
                "to": one.to, "sites": one.sites, "days_before": round(one.days_before, 1),
                "days_after": round(one.days_after, 1),
                "rows": [
                    {
                        "from_m": row.band[0], "to_m": row.band[1], "before": row.before._asdict(),
                        "after": row.after._asdict(), "too_few": row.too_few,
                    }
                    for row in one.rows
                ],
            }
            for one in found
        ]  # fmt: skip
        return {**self._told.about(now), "days": days, "few": near.FEW, "events": len(events), "scores": rows}

    def _choices(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads(self._private.get(CHOICES, "all") or b"{}")
        return found

    def _withheld(self) -> list[Answer]:
        choices = self._choices().items()
        return [
            {"site": s, "to": to} for s, one in choices for to, what in sorted(one.items()) if what == desk.WITHHELD
        ]

    def _submitted(self) -> list[Answer]:
        """Entries kept as drafts: nothing of them has left."""
        name = self._sayings.room.agreement.used[desk.VOCABULARY].kinds[desk.ENTRY]
        kept = (
            (draft, json.loads(self._private.get("draft", draft) or b"{}")) for draft in self._private.names("draft")
        )
        return [
            {"draft": draft, "to": one["to"], "fields": one["fields"]["fields"]}
            for draft, one in kept
            if one.get("kind") == "said" and one["fields"].get("name") == name
        ]

    # speaking

    def _enter(self, request: Answer) -> Answer:
        """Enter sites: each `site`, `position` (a cell), `choices` (receiver to full, coarse or withheld), further fields and
        `annex` (content that stays here). The new version is one higher than the newest of ours."""
        now = self._now()
        newest = {site.site: site.version for site in self.found(now) if site.by == self._house.me}
        choices, placed, entered = self._choices(), [], []
        digests = self.annexes.keep(
            {
                str(one["site"]): (one["annex"], int(one.get("annex_expires") or now + LASTS * DAY))
                for one in request["sites"]
                if one.get("annex")
            }
        )
        for one in request["sites"]:
            name = str(one["site"])
            version = newest.get(name, 0) + 1
            annex = {"annex": digests[name]} if name in digests else {}
            placed += self._enter_one(one, {"site": name, "version": version, **annex})
            newest[name], choices[name] = version, dict(one["choices"])
            entered.append({"site": name, "version": version, "choices": one["choices"]})
        self._private.put(CHOICES, "all", json.dumps(choices).encode())
        return {"entered": entered, "placed": [each._asdict() for each in placed]}

    def _enter_one(self, one: Answer, more: Answer) -> list[Placed]:
        cell = msgspec.convert(one["position"], Cell)
        fields = {**one.get("fields", {}), **more}
        placed: list[Placed] = []
        for precision in (desk.FULL, desk.COARSE):
            to = sorted(code for code, choice in one["choices"].items() if choice == precision)
            if not to:
                continue
            place = cell if precision == desk.FULL else coarse_cell(cell, desk.CELL_KM).point()
            checked = self._checked(
                desk.ENTRY, {**fields, "precision": precision, "position": msgspec.to_builtins(place)}
            )
            placed += self._say("said", ",".join(to), checked, placed[0].id if placed else None)
        return placed

    def _checked(self, name: str, fields: Mapping[str, Any]) -> Answer:
        given = {"vocabulary": desk.VOCABULARY, "name": name, "fields": dict(fields)}
        return self._sayings.fields("said", given)

    def _about(self, request: Answer) -> Answer:
        """Acknowledge or reject (to its notifier); confirm or withdraw (to all whom we told)."""
        name, site, by = str(request["name"]), str(request["site"]), str(request.get("by") or "")
        own = name in (desk.CONFIRMATION, desk.REMOVAL)
        me = self._house.me
        held = [s for s in self.found(self._now()) if s.site == site and s.standing and (s.by == me) == own]
        held = [each for each in held if not by or each.by == by]
        if len({each.by for each in held}) != 1:
            who = ", ".join(sorted({each.by for each in held})) or "none"
            whose = "of ours" if own else "of another's"
            raise GivenError(
                "unknown-name", f"no one standing entry {whose} is called {site!r}; by: {who}", where="site"
            )
        to = {line.to for each in held for line in each.lines if line.state in desk.STANDING} if own else {held[0].by}
        fields: Answer = {"site": site, **request.get("fields", {})}
        if not own:
            fields["version"] = max(each.version for each in held)
        placed = self._say("said", ",".join(sorted(to)), self._checked(name, fields))
        return {"site": site, "placed": [each._asdict() for each in placed]}

    # annexes

    def _annex(self, request: Answer) -> Answer:
        found = self.annexes.read(str(request["site"]))
        if found is None:
            raise GivenError("unknown-name", f"no annex of {request['site']!r} is kept here", where="site")
        return {"site": request["site"], "content": found[0], "expires": found[1], "digest": found[2]}

    def _erase(self, request: Answer) -> Answer:
        return {"erased": self.annexes.erase([str(each) for each in request["sites"]])}


def _away(place: Spot, others: Sequence[Spot]) -> list[float]:
    """Metres from a place to others, on the ellipsoid."""
    if not others:
        return []
    lat, lon = round(place.lat * E7), round(place.lon * E7)
    away = arcs(points(lat, lon), points([round(o.lat * E7) for o in others], [round(o.lon * E7) for o in others]))
    return [float(each) for each in away]


def _metres(one: Spot, other: Spot) -> float:
    return geodesic(*(round(each * E7) for each in (one.lat, one.lon, other.lat, other.lon)))
