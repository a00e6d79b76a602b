"""Rules broken on purpose: each must show as a difference between the engines on some seed of the fuzz.

A mutant swaps the code of one function for the same text with one change. `python -m tests.agreement.mutants --find`
looks for a seed that catches each, and names the survivors.
"""

# ruff: noqa: E501 - a table reads better with its rows whole
from __future__ import annotations

import argparse
import importlib
import inspect
import json
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType

from detente.agreement import judge, reference
from tests.agreement.caught import CAUGHT
from tests.agreement.compare import Said, differences
from tests.agreement.focused import focused
from tests.agreement.fuzz import Case, cases_of_seed, drawn

MANY = 120
"""Records drawn for a focused agreement."""
JUDGE, REFERENCE = "detente.agreement.judge", "detente.agreement.reference"


@dataclass(frozen=True)
class Mutant:
    """One change in one function (`Class.method` or `function`) of one module."""

    name: str
    module: str
    function: str
    old: str
    new: str

    def target(self) -> FunctionType:
        found: object = importlib.import_module(self.module)
        for part in self.function.split("."):
            found = inspect.getattr_static(found, part)
        found = getattr(found, "__func__", found)
        found = found.fget if isinstance(found, property) else found
        assert isinstance(found, FunctionType), self
        return found

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The function broken, for a while."""
        function = self.target()
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.old) == 1, (self.name, source.count(self.old))
        space = dict(function.__globals__)
        flags = annotations.compiler_flag
        exec(compile(source.replace(self.old, self.new), self.name, "exec", flags), space)  # noqa: S102 - a mutant is code
        made = space[function.__name__]
        made = getattr(made, "__func__", made)
        made = made.fget if isinstance(made, property) else made
        assert isinstance(made, FunctionType), self.name
        whole = function.__code__
        function.__code__ = made.__code__
        try:
            yield
        finally:
            function.__code__ = whole


def _judge(name: str, module: str, function: str, old: str, new: str) -> Mutant:
    return Mutant(f"judge: {name}", f"{JUDGE}.{module}", function, old, new)


def _slow(name: str, module: str, function: str, old: str, new: str) -> Mutant:
    return Mutant(f"reference: {name}", f"{REFERENCE}.{module}", function, old, new)


MUTANTS = (
    _judge("a lead is met a millisecond late", "matching", "before", "hi <= other_lo", "hi < other_lo"),
    _judge("an act at the same instant is later", "sequence", "not_later", "when.lo, when.hi, at.lo", "when.lo + 1, when.hi + 1, at.lo"),
    _judge("an ending at the same instant ends", "sequence", "after", "(a, when, c, at)", "(a, Interval(when.lo + 1, when.hi + 1), c, at)"),
    _judge("a log's order is turned round", "sequence", "not_later", "a.index <= c.index", "a.index >= c.index"),
    _judge("a phase holds at its end", "phases", "Span.holds", " lo >= self.end_hi or", " lo > self.end_hi or"),
    _judge("a phase does not hold at its start", "phases", "Span.holds", "hi < self.lo", "hi <= self.lo"),
    _judge("precedence is ignored", "rules", "Clause.lifting", "for permit in self.permits", "for permit in ()"),
    _judge("a conflict is ignored", "rules", "Clause.judge", "and self.beside and", "and () and"),
    _judge("silence is a no", "questions", "Question.exists", "if not self.complete(", "if () and not self.complete("),
    _judge("every log is whole", "frame", "Frame.complete", "known >= until", "True"),
    _judge("events need no settling", "frame", "Frame.complete", "self._everywhere - self._settle", "self._everywhere"),
    _judge("an unknown value differs", "matching", "equal", "if one is None or two is None:\n        return U", "if one is None or two is None:\n        return F"),
    _judge("withdrawals are ignored", "incremental", "Judge._keep", " or act.withdrawn", ""),
    _judge("corrections are ignored", "incremental", "Judge._keep", "[act.replaces] if act.replaces else []", "[]"),
    _judge("what was ended stands", "standing", "Standing.value", "if self.enders:", "if ():"),
    _judge("a replaced proposal counts", "standing", "Standing._newer_set", "negate(self._on_the_table(x, made, e, its))", "F"),
    _judge("an ending by each is by one", "standing", "Ender.value", "question.each_meant(x, e, lambda persons: self._by_sets(x, a, when, e, persons))", "F"),
    _judge("an older version stands", "standing", "Standing.value", "and self.versions", "and ()"),
    _judge("a version that may be unseen is none", "standing", "Standing.superseded", "if result is not T and", "if () and"),
    _judge("grace is forgotten", "questions", "Question._not_answered", "x.now <= limit.hi + self.grace", "x.now <= limit.hi"),
    _judge("an answer that may be unseen is none", "questions", "Question._not_answered", "or not self.complete(", "or () and not self.complete("),
    _judge("anybody's receipt is the addressee's", "deeds", "Wardrobe.counted", "return act.received.get(whom)", "return first_of(act.received.values())"),
    _judge("a receipt that may be unseen is none", "deeds", "Wardrobe.counted", "return Interval(min(lo, unseen), hi)", "return Interval(lo, hi)"),
    _judge("every event is told by enough", "deeds", "Wardrobe._lacking", "max(0, needed -", "min(0, needed -"),
    _judge("who watches watches what is to come", "watching", "_spans", "min(period.end, deed.lo)", "period.end"),
    _judge("any receiver is a party", "deeds", "Wardrobe.counted", "for code in self.parties:", "for code in self.people:"),
    _judge("doubt at an edge is inside", "places", "by_distance", "d + e <= 0", "d - e <= 0"),
    _judge("doubt at an edge is outside", "places", "by_distance", "d - e > 0", "d + e > 0"),
    _judge("what is cut away stays", "places", "CutOut.value", "and self.minus is not None", "and ()"),
    _judge("of several authors one is enough", "people", "Meant.test", "if by <= self.certain:\n        return T\n    return F", "if by & self.certain:\n        return T\n    return F"),
    _judge("accounts that differ are not disputed", "worlds", "_one", "elif len(verdicts) > 1:", "elif ():"),
    _judge("a time span is met a millisecond late", "conditions", "_elapsed", "hi <= end.lo", "hi < end.lo"),
    _judge("a span covers its end", "conditions", "_span_covers", "when.hi < span.end or", "when.hi <= span.end or"),
    _judge("civil time holds at its end", "conditions", "_clock", "fold=1) - 1", "fold=1)"),
    _judge("a count needs one more", "questions", "Question._numbered", "surely >= least", "surely > least"),
    _judge("an act does not count itself", "questions", "Question.itself", "return all_of(values)", "return F"),
    _judge("validity holds at its end", "standing", "Standing._valid", "e.hi < a.until", "e.hi <= a.until"),
    _judge("`during` is forgotten", "rules", "Clause.scope", "self.phase is not None", "()"),
    _judge("perhaps in force is in force", "rules", "Clause._finding", "is not T)", "is F)"),
    _judge("a stated `from` is forgotten", "edges", "_falling", "early, late = max(lo, stated), max(hi, stated)", "early, late = lo, hi"),
    _judge("a renewal may come late", "phases", "PhaseState._renewed", "made_hi < lo and ", ""),
    _judge("an unseen renewal is none", "phases", "PhaseState.value", "if result is T and any(self._may_shorten", "if () and any(self._may_shorten"),
    _judge("a bad day does not reset", "streaks", "_run", "else 0", "else run"),
    _judge("each of nobody is met", "questions", "Question.each_meant", "if persons else F", "if persons else T"),
    _judge("within days ends at the day's start", "calendar", "LocalCalendar.within", "self.last_instant", "self.first_instant"),
    _judge("days of lead end with the day", "calendar", "LocalCalendar.at_least", "self.first_instant", "self.last_instant"),
    _judge("any permission needs its duty", "rules", "Clause.needed", "all_of((value, else_broken))", "value"),
    _judge("a permission out of force lifts what survives", "rules", "Clause.counts", "over.rule.survives and", "() and"),
    _judge("what cannot be mended is not yet", "before", "Check.overall", "is None and not self._mendable(clause)", "is None and ()"),
    _judge("permissions ahead count unasked", "rules", "Clause.heeded", "x.relied is not None and", "() and"),
    _judge("`to` is forgotten", "questions", "Question.when_made", "if self.to is None or a.event:", "if True:"),
    _judge("an ender may be anybody", "standing", "Ender.value", "Meant(a.author, a.by if a.author else frozenset(), a.by or None)", "Meant(None, a.by, None, True)"),
    _slow("a lead is met a millisecond late", "instants", "not_later", "if a.hi <= b.lo:", "if a.hi < b.lo:"),
    _slow("an ending at the same instant ends", "instants", "strictly_later", "a.lo > b.hi", "a.lo >= b.hi"),
    _slow("every permission prevails", "clauses", "lifts", "rule.id in permit.over and ", ""),
    _slow("every log is whole", "case", "Case.whole", "elif any(", "elif () and any("),
    _slow("withdrawn and corrected acts stay", "case", "Case.__post_init__", "self.record.current()", "self.record"),
    _slow("doubt at an edge is inside", "places", "in_thing", "distance + error <= 0", "distance - error <= 0"),
    _slow("of several authors one is enough", "people", "among", "return agreed(", "return any_of("),
    _slow("an older version stands", "standing", "superseded", "if other.acts == unit.acts:", "if True:"),
    _slow("a replaced proposal counts", "standing", "standing", "values.append(on_the_table(pattern, unit, about))", "pass"),
    _slow("a list of people is asked apart", "conditions", "one_of", "len(codes) > 1 and", "() and"),
    _slow("an ending that may be unseen is none", "standing", "_ended", "F if whole else U", "F"),
    _slow("grace is forgotten", "questions", "_later", "end.hi + case.agreement.grace", "end.hi"),
    _slow("a phase holds at its end", "phases", "Span.ended", "not_later(end, at)", "strictly_later(at, end)"),
    _slow("accounts that differ are not disputed", "judging", "_one", "elif len(set(words)) > 1:", "elif ():"),
    _slow("an unknown value differs", "fields", "equal", "isinstance(right, Unknown):\n        return U", "isinstance(right, Unknown):\n        return F"),
    _slow("a span covers its end", "conditions", "_covers", "at.hi < whole.end", "at.hi <= whole.end"),
    _slow("within days ends at the day's start", "instants", "deadline", "day_end(", "day_start("),
    _slow("perhaps in force is in force", "clauses", "finish", "in_force(about) is not T", "in_force(about) is F"),
    _slow("a count needs one more", "questions", "_count", "surely >= low", "surely > low"),
    _slow("any permission needs its duty", "clauses", "needed", ", any_of(values)]", "]"),
    _slow("an end before its founding ends", "phases", "_after_founding", "values.append(all_of(own))", "values.append(T)"),
    _slow("by each is by one", "standing", "each_of", "all_of([answer(one) for one in asked])", "any_of([answer(one) for one in asked])"),
    _slow("a duty stays without a trigger", "duties", "required", "a = all_of(values)", "a = T"),
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A case with what the judge says of it, which the reference says too."""

    case: Case
    said: Said


def known_cases(seed: int | str) -> list[Known]:
    """The cases of a seed, or of a focused agreement and a seed (`only grace 1`), with the whole judge's answers."""
    if isinstance(seed, int):
        return [Known(case, case.of(judge)) for case in cases_of_seed(seed)]
    name, number = seed.rsplit(" ", 1)
    found = drawn(int(number), [name], MANY)[1]
    return [Known(case, case.of(judge)) for case in found]


def caught(mutant: Mutant, cases: list[Known]) -> bool:
    """Whether some case shows the mutant: its engine says something else, or fails.

    The reference is slow before an act; its mutants are looked for in findings only.
    """
    engine = judge if mutant.module.startswith(JUDGE) else reference
    with mutant.applied():
        for known in cases:
            if engine is reference and known.case.act is not None:
                continue
            try:
                if differences(known.case.of(engine), known.said):
                    return True
            except Exception:  # an engine that fails is caught too
                return True
    return False


def main() -> int:
    """Find a seed for each mutant and print them for caught.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--find", action="store_true", help="those of caught.py that are missing there")
    parser.add_argument("--anew", action="store_true", help="all of them: how many do these seeds catch?")
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="seeds tried of each focused agreement")
    parser.add_argument("--seconds", type=float, default=600)
    given = parser.parse_args()
    start = time.monotonic()
    known = {} if given.anew else CAUGHT
    found: dict[str, int | str] = {mutant.name: known[mutant.name] for mutant in MUTANTS if mutant.name in known}
    left = [mutant for mutant in MUTANTS if mutant.name not in found]
    narrow = [f"{name} {number}" for number in range(1, given.rounds + 1) for name in sorted(focused())]
    narrow += [f"everything {number}" for number in range(1, given.rounds + 1)]
    drawn_ones = range(
        given.first, given.first + given.seeds
    )  # others choose from what is shipped: a new file moves them
    seeds: list[int | str] = [*narrow, *(seed for seed in drawn_ones if seed % 8 and seed % 16 != 15)]
    for seed in seeds:
        if not left or time.monotonic() - start > given.seconds:
            break
        cases = known_cases(seed)
        for mutant in list(left):
            if caught(mutant, cases):
                found[mutant.name] = seed
                left.remove(mutant)
        print(f"seed {seed}: {len(found)} caught, {len(left)} left", flush=True)
    print("CAUGHT = {")
    for name, seed in found.items():
        print(f'    "{name}": {json.dumps(seed)},')
    print("}")
    for mutant in left:
        print("survives", mutant.name)
    print(f"{len(found)} of {len(MUTANTS)} caught")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
