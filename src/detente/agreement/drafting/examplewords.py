"""An example in plain words: the deed, what was said and done about it, and what the judge said."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Shown
from detente.agreement.drafting.probe import DEED, Example
from detente.agreement.drafting.scene import DAY, Draft, Scene
from detente.agreement.drafting.spots import centre
from detente.agreement.record import Path, Region, Spot

_CLOSE = 0.3
"""Degrees within which a shape is about the deed."""


def deed_words(example: Example) -> str:
    """The deed in one sentence."""
    scene = example.scene
    deed = scene.acts.get(DEED)
    if deed is None:
        return f"{w.instant(scene.world.start)}."
    stated = _fields(scene, deed)
    return f"{w.instant(deed.at)}: {w.a_kind(deed.kind)} by {name_of(scene, deed.by)}{', ' + stated if stated else ''}."


def around_words(example: Example) -> list[str]:
    """What else was said and done, from the earliest on; what only starts a phase in one line for all."""
    scene = example.scene
    others = [draft for draft in scene.acts.values() if draft.id != DEED]
    lines = _backdrop(scene, [draft for draft in others if draft.role])
    groups: dict[tuple[str, int, str], list[str]] = {}
    for draft in sorted((draft for draft in others if not draft.role), key=lambda draft: draft.at):
        groups.setdefault((draft.kind, draft.at, _fields(scene, draft)), []).append(draft.by)
    for (kind, at, stated), authors in groups.items():
        by = w.listed((f"by {name_of(scene, author)}" for author in dict.fromkeys(authors) if author), "and")
        lines.append(f"{_when(at - scene.world.start)}: {w.a_kind(kind)} {by}{', ' + stated if stated else ''}.")
    lines += [f"The annex {name} is drawn {_shape(scene, area)}." for name, area in scene.annexes.items()]
    return lines


def judge_words(agreement: f.Agreement, shown: Shown) -> str:
    """What the judge said of the clauses that matter."""
    said = []
    for clause in shown.clauses:
        finding = next(
            (one for one in shown.example.findings if one.clause == clause and _about(one.act, agreement, clause)), None
        )
        if finding is None:
            said.append(f"{clause} says nothing of it")
            continue
        if finding.verdict == "no verdict":
            said.append(f"{clause} permits it")
            continue
        text = f"{clause} {finding.verdict}"
        if finding.shadow:
            text += (
                " in shadow, which does not bind"
                if not agreement.rules[clause].reading_of
                else " (a reading, not scored)"
            )
        if finding.against:
            text += f", since {w.listed(finding.against, 'and')} would permit it"
        if finding.missing and finding.verdict in ("broken", "cannot tell"):
            text += f" (missing: {w.listed(finding.missing, 'and')})"
        said.append(text)
    return "; ".join(said) + "."


def _about(act: str, agreement: f.Agreement, clause: str) -> bool:
    """Prohibitions are judged on the deed; of duties and others the first finding is shown."""
    return act == DEED or agreement.rules[clause].mode in ("require", "forbid")


def _backdrop(scene: Scene, drafts: list[Draft]) -> list[str]:
    """One line for each phase that acts begin, and one for the agreement being in force."""
    lines = []
    for role in dict.fromkeys(draft.role for draft in drafts):
        kinds: dict[str, list[str]] = {}
        for draft in drafts:
            if draft.role == role:
                kinds.setdefault(draft.kind, []).append(draft.by)
        names = {
            kind: w.listed((name_of(scene, one) for one in dict.fromkeys(by)), "and") for kind, by in kinds.items()
        }
        acts = w.listed((f"{w.a_kind(kind)} by {by}" for kind, by in names.items()), "and")
        first, last = (pick(draft.at for draft in drafts if draft.role == role) for pick in (min, max))
        when = _when(last - scene.world.start)
        when = (
            when
            if first == last
            else f"{_when(first - scene.world.start)} to {_when(last - scene.world.start).lower()}"
        )
        name = "For the agreement to be in force" if role == "in force" else _role(role)
        lines.append(f"{name}: {acts}, {when[:1].lower()}{when[1:]}.")
    return lines


def _role(role: str) -> str:
    ended = role.removeprefix("the end of ")
    return f"Which ends the phase {w.plain(ended)}" if ended != role else f"For the phase {w.plain(role)}"


def name_of(scene: Scene, value: object) -> str:
    """Somebody as the agreement names them; another value as it is."""
    return w.names(scene.agreement).get(value, value) if isinstance(value, str) else str(value)


def _when(off: int) -> str:
    if off == 0:
        return "At the same time"
    span, word = abs(off), "before" if off < 0 else "after"
    if span >= 2 * DAY:
        return f"{round(span / DAY)} days {word}"
    hours, minutes = divmod(span // 60_000, 60)
    text = (
        f"{hours}h" + (f"{minutes:02d}" if minutes else "")
        if hours
        else f"{minutes}min"
        if minutes
        else f"{span // 1000}s"
    )
    return f"{text} {word}"


def _fields(scene: Scene, draft: Draft) -> str:
    """The fields a condition decided, and where places lie; the rest is ordinary and left out."""
    kind = scene.agreement.kinds[draft.kind]
    said = []
    for name, value in draft.fields.items():
        form = kind.fields[name]
        if form.type in ("point", "area", "line"):
            if draft.id != DEED or name != "position":
                said.append(f"{w.plain(name)} {_shape(scene, value)}")
        elif name in draft.fixed and isinstance(value, str | int) and form.type not in ("code", "time", "act"):
            said.append(f"{w.plain(name) if name != 'against' else name} {name_of(scene, value)}")
        elif form.type == "span" and draft.id != DEED and isinstance(value, tuple):
            covers = value[0] <= scene.world.start < value[1]
            said.append(f"{w.plain(name)} {'covering the time' if covers else 'at another time'} of the deed")
    left_out = [name for name in draft.fixed if name not in draft.fields]
    said += [f"without {w.plain(name)}" for name in left_out]
    return w.listed(said, "and")


def _shape(scene: Scene, value: object) -> str:
    if isinstance(value, Path):
        return "as a straight line near the deed"
    middle = centre(value)
    if middle is None:
        return "somewhere"
    home = scene.world.home
    if max(abs(middle[0] - home[0]), abs(middle[1] - home[1])) > _CLOSE:
        return "far from the deed"
    if middle == home:
        return "at the place of the deed" if isinstance(value, Spot) else "round the place of the deed"
    return "beside the place of the deed" if isinstance(value, Region | Spot) else "near the deed"
