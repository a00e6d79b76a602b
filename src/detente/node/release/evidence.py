"""Private accounts: what one's own sensors saw, judged at home and not released.

A proof can show the sensor: how well it sees, from where, how soon. So an account is kept at home as it is; the judge at
home uses it in one's own view, and a finding that rests on it reads "our account; evidence not released". Outward goes
nothing, or a coarser account, or that of a second source; it stands in the log as any account does, and at home the kept
one stands in its place. A statement that says what a kept account saw, more finely than the account allows, is stopped.

Times ms UTC, lengths m. Source: 50-release, Evidence; 05-resolutions 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from detente.agreement.finding import Finding
from detente.agreement.kinds import Kind
from detente.agreement.record import Account, Act, Record
from detente.geo.cell import show_length
from detente.geo.regions import region
from detente.model.head import Frozen
from detente.model.said import Told, Value
from detente.node.release.facts import Place, show_place
from detente.node.release.interface import Fields, Objection
from detente.node.release.motion import width
from detente.node.release.nearness import as_shape, comes_within

NOT_RELEASED = "our account; evidence not released"
CODE = "sensor-shown"


class Kept(Frozen, frozen=True, kw_only=True):
    """A private account. `told`: as it would be told; `coarse`: the least width in metres at which a place of it may be
    told (0: not at all); `instead`: the id of the released account that stands for it outside, "" if none does."""

    name: str
    at: int
    told: Told
    coarse: int = 0
    instead: str = ""


def own_view(record: Record, kept: Iterable[tuple[Kept, Act]]) -> Record:
    """The record with private accounts in it: in place of what was released instead, beside another's account of the same
    event, or as an event of its own. The record is the house's own; nothing of this leaves."""
    acts = {act.id: act for act in record.acts}
    for one, private in kept:
        about = one.told.about or ""
        if one.instead in acts:
            acts[one.instead] = replace(private, id=one.instead, accounts=acts[one.instead].accounts)
        elif about in acts:
            act = acts[about]
            mine = Account(private.log, {"by": private.by, "at": private.at, **private.fields})
            before = act.accounts or (Account(act.log, {}),)
            others = tuple(each for each in before if each.source != private.log)
            acts[about] = replace(act, accounts=(*others, mine))
        else:
            acts[private.id] = private
    return Record(tuple(acts.values()), record.now, record.heads)


def resting_on_kept(outward: Sequence[Finding], own: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Findings of one's own view, each with what is to be said of its evidence: "" where the released record alone leads
    to the same verdict on the same acts."""
    released = {one.key(): one for one in outward}
    found = []
    for one in own:
        before = released.get(one.key())
        same = before is not None and before.verdict == one.verdict
        found.append((one, "" if same else NOT_RELEASED))
    return found


def objection(kept: Iterable[Kept], kind: Kind, fields: Fields) -> Objection | None:
    """Whether a statement of an event would tell what a kept account saw more finely than it allows."""
    for one in kept:
        if one.told.name != kind.name or not _same_event(kind, one.told.fields, fields):
            continue
        for name, value in sorted(fields.items()):
            seen = one.told.fields.get(name)
            if not isinstance(value, Place) or not isinstance(seen, Place):
                continue
            if one.coarse and width(value) >= one.coarse:
                continue
            if _meet(value, seen):
                may = f"no finer than {show_length(one.coarse * 1000)}" if one.coarse else "not at all"
                what = f"{show_place(value)} is what the kept account {one.name} saw; it may be told {may}"
                return Objection(CODE, what, "tell it coarser, or tell what a second source saw")
    return None


def _same_event(kind: Kind, kept: Mapping[str, Value], said: Fields) -> bool:
    """By the codes both give; without any in common it may be the same."""
    codes = [name for name, form in kind.fields.items() if form.type == "code" and name in kept and name in said]
    return all(kept[name] == said[name] for name in codes)


def _meet(one: Place, other: Place) -> bool:
    return comes_within(one, region(as_shape(other)), 0) is not False
