"""Areas: what one side proposes, what the other counters, and what both keys are on.

A proposal never replaces the version in force: that stands until both have the next, whatever its number. A designated area
that has ground in common with an area named as the opposition's, or may have, is *mixed*, whatever class was proposed;
mixed is never designated (00-product R3, 05-resolutions 18). The joint picture is a digest over the agreement, the areas
both agreed and the phases that run: equal on both nodes, and read aloud as words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from detente.agreement.record import Act, Interval, Region
from detente.desks.hearing import heard, order, own, unsure, when
from detente.desks.moves import Move, Table
from detente.model import canon
from detente.model.statement import sha256_hex

VOCABULARY = "areas-1"
DESIGNATION, REVOCATION = "designation", "revocation"
OPPOSITION, REMOVAL = "opposition_area", "opposition_area_removal"
MIXED, DESIGNATED = "mixed", ("concentrated", "significant")

TABLE = Table(
    "areas",
    "not proposed",
    (
        Move(("not proposed",), "proposed", "author", DESIGNATION),
        Move(("countered",), "proposed", "other", DESIGNATION, "for another version: its text for this one falls away"),
        Move(("countered",), "proposed", "other", REVOCATION, "its own text falls away"),
        Move(("proposed",), "countered", "other", DESIGNATION, "another shape or class for the same version"),
        Move(("proposed", "countered"), "agreed", "both", DESIGNATION, "the same area, version, class and shape"),
        Move(("agreed",), "superseded", "both", DESIGNATION, "a higher version is agreed"),
        Move(
            ("proposed", "countered"),
            "superseded",
            "both",
            DESIGNATION,
            "this version or a higher one is agreed otherwise",
        ),
        Move(("proposed", "countered"), "superseded", "author", DESIGNATION, "it proposes another text instead"),
        Move(("proposed", "countered", "agreed"), "revoked", "either", REVOCATION),
    ),
)
OPEN = ("proposed", "agreed")
Text = tuple[str, int, str, Region]
"""What is proposed: area, version, class, shape."""
Overlap = Callable[[Region, Region], bool | None]


@dataclass(frozen=True)
class Area:
    """One proposed text of one version of an area. `keys`: who has signed it and when that was received (ms)."""

    area: str
    version: int
    kind: str
    shape: Region
    keys: Mapping[str, Interval]
    state: str
    since: Interval
    mixed_with: tuple[str, ...] = ()

    @property
    def in_class(self) -> str:
        """The class it counts under: mixed where ground is shared with the opposition's."""
        return MIXED if self.mixed_with and self.kind in DESIGNATED else self.kind


def areas(acts: Iterable[Act], parties: Sequence[str], overlap: Overlap) -> list[Area]:
    """Every proposal with its state, by area and version; the same in whatever order the acts are given.

    A proposal counts from its receipt by the other side. A side's key is on its newest proposal of an area, and on none
    after its revocation; an area is agreed when all keys are on the same text. `overlap` answers None where two areas are
    too near to say: that is mixed too, and so is ground that may have been named as the opposition's.
    """
    acts = list(acts)
    said = _said(acts, parties)
    found: dict[Text, Area] = {}
    keys: dict[str, dict[str, Text]] = {}
    for act in said:
        at, by, area = when(act, parties), min(act.by), str(act.fields.get("area"))
        on = keys.setdefault(area, {})
        if act.kind == REVOCATION:
            _leave(found, on.pop(by, None), None, by, at)
            _end(found, area, "revoked", at, None)
        elif act.kind == DESIGNATION and (text := _text(act)) is not None:
            _leave(found, on.get(by), text, by, at)
            on[by] = text
            held = found.get(text)
            signed = {**(held.keys if held and held.state in OPEN else {}), by: at}
            if all(on.get(party) == text for party in parties):
                _end(found, area, "superseded", at, text)
                found[text] = Area(*text, signed, "agreed", at)
            elif held is None or held.state != "agreed":
                found[text] = Area(*text, signed, "proposed", at)
    protected: list[tuple[str, Region | None]] = [(area, shape) for area, _, shape in _opposition(said)]
    protected += [_in_doubt(act) for act in acts if act.kind == OPPOSITION and own(act, parties) and unsure(act)]
    settled = (_beside(each, found.values()) for each in found.values())
    mixed = (replace(each, mixed_with=_mixed(each, protected, overlap)) for each in settled)
    return sorted(mixed, key=lambda each: (each.area, each.version, each.kind, sorted(each.keys), each.since))


def _text(act: Act) -> Text | None:
    """What a designation says."""
    shape, version = act.fields.get("shape"), act.fields.get("version")
    if not isinstance(shape, Region) or not isinstance(version, int):
        return None
    return (str(act.fields["area"]), version, str(act.fields["class"]), shape)


def _leave(found: dict[Text, Area], old: Text | None, new: Text | None, by: str, at: Interval) -> None:
    """A side takes its key off a proposal that is not agreed; without keys nothing is proposed any more."""
    if old is not None and old != new and found[old].state == "proposed":
        keys = {code: since for code, since in found[old].keys.items() if code != by}
        state = "proposed" if keys else "superseded" if new else "revoked"
        found[old] = replace(found[old], keys=keys, state=state, since=found[old].since if keys else at)


def _end(found: dict[Text, Area], area: str, state: str, at: Interval, but: Text | str | None) -> None:
    """What of this area stood, or was proposed before the new agreement, stands no longer."""
    for text, each in found.items():
        if (
            each.area == area
            and text != but
            and (each.state == "agreed" or state == "superseded")
            and each.state in OPEN
        ):
            found[text] = replace(each, state=state, since=at)


def _beside(each: Area, every: Iterable[Area]) -> Area:
    """A proposal beside another text of the same version by somebody else is countered."""
    rivals = (o for o in every if (o.area, o.version) == (each.area, each.version) and o.state == "proposed")
    if each.state == "proposed" and any(set(o.keys) != set(each.keys) for o in rivals):
        return replace(each, state="countered")
    return each


def opposition(acts: Iterable[Act], parties: Sequence[str]) -> list[tuple[str, str, Region]]:
    """Areas named as the opposition's and not taken back: code, by whom, shape."""
    return _opposition(_said(acts, parties))


def in_force(found: Iterable[Area]) -> dict[str, Area]:
    """Area to the version both keys are on."""
    return {each.area: each for each in found if each.state == "agreed"}


def versions(found: Iterable[Area]) -> dict[str, list[tuple[int, int]]]:
    """Area to the versions that were agreed, each with the ms since when (desks.lists)."""
    agreed: dict[str, list[tuple[int, int]]] = {}
    for each in found:
        if len(each.keys) > 1:
            agreed.setdefault(each.area, []).append((each.version, max(each.keys.values()).hi))
    return agreed


def picture(agreement: str, found: Iterable[Area], phases: Iterable[str]) -> str:
    """Hex digest of the joint picture: the agreement's digest, areas in force with class and shape, phases that run."""
    standing = sorted(in_force(found).values(), key=lambda each: each.area)
    value = {
        "agreement": agreement,
        "areas": [[each.area, each.version, each.in_class, _plain(each.shape)] for each in standing],
        "phases": sorted(phases),
    }
    return sha256_hex(canon.encode(value))


def _plain(shape: Region) -> object:
    """Whole numbers of a shape: 1e-7 degrees and metres."""
    if shape.centre is not None:
        return [round(shape.centre[0] * 1e7), round(shape.centre[1] * 1e7), round(shape.radius)]
    return [[[round(lon * 1e7), round(lat * 1e7)] for lon, lat in ring] for ring in shape.rings]


def _opposition(said: Iterable[Act]) -> list[tuple[str, str, Region]]:
    """Areas named as the opposition's and not taken back; one side's word is enough to protect."""
    named: dict[tuple[str, str], Region] = {}
    for act in said:
        key = (str(act.fields.get("area")), min(act.by))
        shape = act.fields.get("shape")
        if act.kind == OPPOSITION and isinstance(shape, Region):
            named[key] = shape
        elif act.kind == REMOVAL:
            named.pop(key, None)
    return [(area, by, shape) for (area, by), shape in sorted(named.items(), key=lambda pair: pair[0])]


def _in_doubt(act: Act) -> tuple[str, Region | None]:
    """An area of which nobody can say whether it was named as the opposition's: it may be, and it may lie anywhere."""
    area, shape = act.fields.get("area"), act.fields.get("shape")
    return (area if isinstance(area, str) else "an area not read", shape if isinstance(shape, Region) else None)


def _mixed(each: Area, protected: Iterable[tuple[str, Region | None]], overlap: Overlap) -> tuple[str, ...]:
    if each.state not in ("proposed", "countered", "agreed"):
        return ()
    near = (name for name, shape in protected if shape is None or overlap(each.shape, shape) is not False)
    return tuple(dict.fromkeys(near))


def _said(acts: Iterable[Act], parties: Sequence[str]) -> list[Act]:
    return sorted((act for act in acts if heard(act, parties)), key=lambda act: order(act, parties))
