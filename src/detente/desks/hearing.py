"""What counts as said to a desk, when, and in which order: the same for areas and for lists, and on both nodes.

A party's own word counts from its receipt by the first other party. What is said for somebody else, or by one that is no
party, moves nothing at a desk of the two; the judge hears it all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.agreement.record import NO_END, Act, Interval

Order = tuple[int, int, str, int, str]


def unsure(act: Act) -> bool:
    """Whether nobody can say if it counts: it did not fit, or could not be read (node.misfits)."""
    return any(receipt.hi >= NO_END for receipt in act.received.values())


def own(act: Act, parties: Sequence[str]) -> bool:
    """Whether it is the word of one party, and of nobody else."""
    return len(act.by) == 1 and act.by <= set(parties)


def heard(act: Act, parties: Sequence[str]) -> bool:
    """A party's own word that another party has signed for."""
    signed = any(party in act.received for party in parties if party not in act.by)
    return signed and own(act, parties) and not unsure(act)


def when(act: Act, parties: Sequence[str]) -> Interval:
    """Receipt of a word that was heard, by the first other party."""
    return min(act.received[party] for party in parties if party in act.received and party not in act.by)


def order(act: Act, parties: Sequence[str]) -> Order:
    """By receipt; what came in the same second is ordered by author and place in the log, the same everywhere."""
    first = when(act, parties)
    return (first.lo, first.hi, min(act.by), act.index, act.id)
