"""Sites: protected places, told to each receiver as its notifier chooses, and how far each has got.

One site to one receiver is one line: full (the place with its error), coarse (the 5 km cell that holds it) or withheld
(nothing is sent). States say how far the notice has come. **Protection depends on none of them**: an entry that nobody has
signed for, that was rejected or has expired names a protected place as before, and a place that no entry names is
protected in law all the same. Times ms UTC; a receipt is taken at the second it bears. Source: 15-desks, Sites and
movements; 00-product R16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from detente.agreement.record import Act, Spot
from detente.desks.moves import Move, Mover, Table
from detente.desks.stop import second

VOCABULARY = "sites-1"
ENTRY, CONFIRMATION, REMOVAL = "site_entry", "site_confirmation", "site_removal"
ACKNOWLEDGEMENT, REJECTION = "site_acknowledgement", "site_rejection"
RECEIPT, CHOICE, DRAFT = "receipt", "choice", "draft"
FULL, COARSE, WITHHELD = "full", "coarse", "withheld"
CHOICES = (FULL, COARSE, WITHHELD)
CELL_KM = 5
DAY = 86_400_000
MAX_AGE = 90
"""Days after which an entry that names no other age is to be confirmed."""
NOTICE = "Protection depends on none of these states; a place not listed is protected in law as before."
STANDING = ("sent", "received", "acknowledged", "rejected", "expired")

TABLE = Table(
    "sites",
    "not notified",
    (
        Move(("not notified",), WITHHELD, "author", CHOICE, "kept at home: nothing is sent to this receiver"),
        Move(("not notified", WITHHELD), "submitted", "author", DRAFT, "kept in the notifier's own store"),
        Move(("not notified", WITHHELD, "submitted"), "sent", "author", ENTRY, "signed into the log to this receiver"),
        Move(("sent",), "received", "receiver", RECEIPT, "its node signs for it"),
        Move(("received", "rejected"), "acknowledged", "receiver", ACKNOWLEDGEMENT, "never permission"),
        Move(("received", "acknowledged"), "rejected", "receiver", REJECTION, "with a reason"),
        Move(("sent", "received", "acknowledged", "rejected"), "expired", "clock", "its maximum age or its expiry has passed"),
        Move(("expired",), "received", "author", CONFIRMATION, "it still stands there"),
        Move(STANDING, "moved", "author", ENTRY, "a higher version at another place"),
        Move(STANDING, "replaced", "author", ENTRY, "a higher version at the same place"),
        Move(STANDING, "withdrawn", "author", REMOVAL),
    ),
)  # fmt: skip


class Step(NamedTuple):
    """To which state, when (ms), by which statement ("" the clock or a receipt)."""

    state: str
    at: int
    act: str


@dataclass(frozen=True)
class Line:
    """One version of a site towards one receiver. `received`: second of its receipt, ms; `age_from`: entry or newest
    confirmation, from which its maximum age runs."""

    to: str
    state: str
    precision: str
    position: Spot
    received: int | None
    reason: str
    age_from: int
    entry: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Site:
    """One version of a site by one notifier. `second_source`: who else gives the place, "" nobody."""

    site: str
    version: int
    by: str
    kind: str
    verified: bool
    second_source: str
    max_age: int
    expires: int | None
    lines: tuple[Line, ...]

    @property
    def standing(self) -> bool:
        """Whether it is the entry that its receivers hold, whatever else is said of it."""
        return any(line.state in STANDING for line in self.lines)


Audiences = Callable[[str], Iterable[str]]


def sites(acts: Iterable[Act], said_to: Audiences, now: int) -> list[Site]:
    """Every version of every site with its state at `now`, by site, notifier and version.

    `said_to`: to whom a statement was said, by its id, as far as the logs held here show it. A receiver holds its own lines
    alone; its notifier holds all of them.
    """
    acts = [act for act in acts if len(act.by) == 1]
    found: dict[tuple[str, str, int], list[tuple[Act, Line]]] = {}
    for (site, by, to), about in sorted(_by_line(acts, said_to).items()):
        for act, line in _lines(about, by, to, now):
            found.setdefault((site, by, _version(act)), []).append((act, line))
    return [_site(key, lines) for key, lines in sorted(found.items())]


def _by_line(acts: Sequence[Act], said_to: Audiences) -> dict[tuple[str, str, str], list[Act]]:
    """What was said of each site between its notifier and each receiver."""
    lines: dict[tuple[str, str, str], list[Act]] = {}
    for act in acts:
        by, site = min(act.by), str(act.fields.get("site"))
        for to in {*said_to(act.id), *act.received} - {by}:
            if act.kind in (ENTRY, CONFIRMATION, REMOVAL):
                lines.setdefault((site, by, to), []).append(act)
            elif act.kind in (ACKNOWLEDGEMENT, REJECTION):
                lines.setdefault((site, to, by), []).append(act)
    return lines


def _site(key: tuple[str, str, int], lines: Sequence[tuple[Act, Line]]) -> Site:
    fields = lines[0][0].fields
    age, expires = fields.get("max_age"), fields.get("expires")
    return Site(
        site=key[0],
        by=key[1],
        version=key[2],
        kind=str(fields.get("kind", "")),
        verified=fields.get("verified") == "yes",
        second_source=str(fields.get("second_source", "")),
        max_age=age if isinstance(age, int) else MAX_AGE,
        expires=expires if isinstance(expires, int) else None,
        lines=tuple(line for _, line in lines),
    )


def _version(act: Act) -> int:
    version = act.fields.get("version")
    return version if isinstance(version, int) else 0


def _lines(about: Sequence[Act], by: str, to: str, now: int) -> list[tuple[Act, Line]]:
    """Each version of one site towards one receiver; none if its position is not a place."""
    entries = [act for act in about if act.kind == ENTRY and isinstance(act.fields.get("position"), Spot)]
    entries.sort(key=lambda act: (_version(act), act.index, act.id))
    grown = (_Growing(act, to).run(about, entries[rank + 1 :], by, now) for rank, act in enumerate(entries))
    return list(zip(entries, grown, strict=True))


@dataclass
class _Growing:
    """One line while what was said is replayed."""

    act: Act
    to: str
    state: str = TABLE.start
    reason: str = ""
    age_from: int = 0
    steps: list[Step] = field(default_factory=list)

    def run(self, about: Sequence[Act], later: Sequence[Act], by: str, now: int) -> Line:
        receipt = self.act.received.get(self.to)
        received = second(receipt) if receipt else None
        sent = self.act.known_from if self.act.known_from is not None else (received or now)
        self.age_from = min(sent, received or sent)
        self._move("author", ENTRY, self.age_from, self.act.id)
        said: list[tuple[int, int, Mover, Act | None]] = []
        if received is not None:
            said.append((received, 0, "receiver", None))
        for one in about:
            if one.kind == ENTRY or not self._names(one):
                continue
            heard = one.received.get(self.to if by in one.by else by)
            if heard is not None and second(heard) >= self.age_from:
                said.append((second(heard), 1, "author" if by in one.by else "receiver", one))
        for one in later[:1]:
            heard = one.received.get(self.to)
            if heard is not None:
                said.append((second(heard), 2, "author", one))
        for at, _, mover, statement in sorted(said, key=_in_order):
            self._pass_time(min(at, now))
            self._said(at, mover, statement)
        self._pass_time(now)
        fields = self.act.fields
        position = fields["position"]
        assert isinstance(position, Spot)  # noqa: S101 - `_lines` takes no other
        precision = COARSE if fields.get("precision") == COARSE else FULL
        return Line(
            self.to,
            self.state,
            precision,
            position,
            received,
            self.reason,
            self.age_from,
            self.act.id,
            tuple(self.steps),
        )

    def _names(self, one: Act) -> bool:
        version = one.fields.get("version")
        return not isinstance(version, int) or version == _version(self.act)

    def _said(self, at: int, mover: Mover, one: Act | None) -> None:
        kind = one.kind if one else RECEIPT
        if kind == CONFIRMATION:
            self.age_from = at
        if kind == ENTRY and one is not None:
            self._to("moved" if apart(self.act, one) else "replaced", at, one.id)
        elif self._move(mover, kind, at, one.id if one else "") and kind == REJECTION and one is not None:
            self.reason = str(one.fields.get("reason", ""))

    def _pass_time(self, now: int) -> None:
        age, expires = self.act.fields.get("max_age"), self.act.fields.get("expires")
        due = [self.age_from + (age if isinstance(age, int) else MAX_AGE) * DAY]
        due += [expires] if isinstance(expires, int) else []
        if min(due) <= now and any(m.mover == "clock" and self.state in m.before for m in TABLE.moves):
            self._step("expired", min(due), "")

    def _to(self, state: str, at: int, act: str) -> None:
        if any(move.after == state and self.state in move.before for move in TABLE.moves):
            self._step(state, at, act)

    def _move(self, mover: Mover, kind: str, at: int, act: str) -> bool:
        move = TABLE.find(self.state, (mover,), kind)
        if move is not None:
            self._step(move.after, at, act)
        return move is not None

    def _step(self, state: str, at: int, act: str) -> None:
        self.state = state
        self.steps.append(Step(state, at, act))


def _in_order(said: tuple[int, int, Mover, Act | None]) -> tuple[int, int, int, str]:
    """By the second of the receipt, then what can come first, then as the author's log has it."""
    at, rank, _, act = said
    return at, rank, act.index if act else -1, act.id if act else ""


def apart(one: Act, other: Act) -> bool:
    """Whether two entries name places that differ in any digit."""
    return one.fields.get("position") != other.fields.get("position")


def counts(found: Iterable[Site]) -> Mapping[str, Mapping[str, int]]:
    """Receiver to state to how many lines are in it."""
    table: dict[str, dict[str, int]] = {}
    for site in found:
        for line in site.lines:
            row = table.setdefault(line.to, {})
            row[line.state] = row.get(line.state, 0) + 1
    return table
