"""Counting own-side approvals: parallel, m of n, with a clock, abstentions, silence, conditions and partial approval.

`tally` is a function of the rule, the newest answer of each agency and the time; it keeps nothing. A condition that nobody
can tell counts as not fulfilled: doubt lets nothing leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from detente.node.release.policy import WHOLE, Quorum, Template

Says = Literal["yes", "no", "abstain"]
Holds = Callable[[str], bool | None]
"""Whether a condition holds on the node's record: True, False, or None (cannot tell)."""


class Word(NamedTuple):
    """One agency's newest answer to a request. `template`: the narrowest form it allows; `condition`: "" for none."""

    agency: str
    says: Says
    template: str = WHOLE
    condition: str = ""


class Tally(NamedTuple):
    """`state`: met, open or failed. Agencies by what they count as; `waiting`: who may still change it; `until`: ms, 0 none."""

    state: Literal["met", "open", "failed"]
    needed: int
    yes: tuple[str, ...]
    no: tuple[str, ...]
    abstained: tuple[str, ...]
    silent: tuple[str, ...]
    waiting: tuple[str, ...]
    unfulfilled: tuple[str, ...]
    until: int
    template: str


def tally(
    quorum: Quorum, templates: tuple[Template, ...], words: Mapping[str, Word], opened: int, now: int, holds: Holds
) -> Tally:
    """How far a draft put forward at `opened` has come."""
    until = opened + quorum.within if quorum.within else 0
    late = bool(until) and now >= until
    names = [each.name for each in templates]
    yes: list[str] = []
    no: list[str] = []
    abstained: list[str] = []
    silent: list[str] = []
    waiting: list[str] = []
    unfulfilled: list[str] = []
    narrowest = 0
    for agency in quorum.of:
        word = words.get(agency)
        if word is None:
            (silent if late else waiting).append(agency)
        elif word.says == "abstain":
            abstained.append(agency)
        elif word.says == "no":
            no.append(agency)
        elif word.condition and holds(word.condition) is not True:
            unfulfilled.append(agency)
        else:
            yes.append(agency)
            narrowest = max(narrowest, names.index(word.template) if word.template in names else len(names) - 1)
    count, lowered = len(yes), 0
    for group, counts in ((abstained, quorum.abstain), (silent, quorum.silence)):
        count += len(group) if counts == "yes" else 0
        lowered += len(group) if counts == "lowers" else 0
    needed = max(1, min(quorum.needed, len(quorum.of) - lowered))
    possible = count + len(waiting) + (0 if late else len(unfulfilled))
    # somebody must have said yes: silences alone release nothing
    state: Literal["met", "open", "failed"] = "met" if count >= needed and yes else "open"
    if state == "open" and (late or possible < _least(quorum, lowered, len(waiting))):
        state = "failed"
    return Tally(
        state, needed, tuple(yes), tuple(no), tuple(abstained), tuple(silent), tuple(waiting), tuple(unfulfilled), until,
        names[narrowest],
    )  # fmt: skip


def _least(quorum: Quorum, lowered: int, waiting: int) -> int:
    """The fewest votes that may still be needed, if whoever is waited for abstains or stays silent."""
    more = waiting if "lowers" in (quorum.abstain, quorum.silence) else 0
    return max(1, min(quorum.needed, len(quorum.of) - lowered - more))
