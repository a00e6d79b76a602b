"""A judgement as what is shown of it: numbered findings, counts, clauses without a breach, revisions in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from detente.agreement import wording as w
from detente.agreement.explain import Part, act_words, because, explain, missing_words, moment_words, parts
from detente.agreement.finding import Finding
from detente.agreement.history import LABEL_WORDS, NEVER
from detente.agreement.record import Act
from detente.agreement.superseding import Judgement, Superseded
from detente.cli.judging_input import Given
from detente.errors import GivenError

WORDS = ("broken", "disputed", "cannot tell", "not due", "kept")
ATTENTION = ("broken", "disputed", "cannot tell")
ONLY = (
    "A finding says what this agreement makes of this record. It is not a judgement of a court, and what is not in the "
    "record is not in the finding."
)
NO_BREACH = (
    "no breach known: a prohibition of which this record shows no breach. How much was watched is counted only where the "
    "clause is `watched`; it says nothing of what nobody reported."
)


@dataclass(frozen=True)
class View:
    """Everything that is shown, whatever the form. Findings are numbered from 1 in the order of `numbered`."""

    given: Given
    judgement: Judgement
    numbered: tuple[Finding, ...]
    acts: dict[str, Act]
    numbers: dict[tuple[str, str, str | None], int]

    @classmethod
    def of(cls, given: Given, judgement: Judgement) -> View:
        """Those that need attention first, then by the order of clauses, then by time."""
        order = {word: number for number, word in enumerate((*WORDS, "no breach known", "no verdict"))}
        shown = [one for one in judgement.now if one.verdict != "not applicable"]
        shown.sort(key=lambda one: (one.shadow and one.verdict in ATTENTION, order.get(one.verdict, 9)))
        acts = {act.id: act for act in (*judgement.record.acts, *_known_then(judgement))}
        return cls(given, judgement, tuple(shown), acts, {one.key(): number for number, one in enumerate(shown, 1)})

    def number(self, finding: Finding) -> int:
        """Its number."""
        return self.numbers[finding.key()]

    def labels(self) -> list[str]:
        """What the record is, loudly."""
        return [LABEL_WORDS[label] for label in self.given.history.labels]

    def title(self) -> str:
        """Which agreement, and what it is."""
        agreement = self.given.agreement
        status = {"reconstruction": "a reconstruction, never the text"}.get(agreement.status, agreement.status)
        return f"{agreement.code} ({status})"

    def heads(self) -> str:
        """How far each log is known."""
        heads = self.given.history.heads
        if len(set(heads.values())) == 1 and max(heads.values()) > NEVER:
            return f"{w.instant(max(heads.values()))} ({', '.join(heads)})"
        shown = [f"{log} {w.instant(head)}" if head > NEVER else f"{log} not at all" for log, head in heads.items()]
        return ", ".join(shown)

    def counts(self) -> dict[str, Counter[str]]:
        """For each clause how many findings of each word; those in shadow are not counted."""
        found: dict[str, Counter[str]] = {}
        for rule in self.given.agreement.rules.values():
            if rule.mode in ("forbid", "require"):
                found[rule.id] = Counter()
        for one in self.scored():
            found[one.clause][one.verdict] += 1
        return found

    def scored(self) -> list[Finding]:
        """The findings that count: of prohibitions and duties, not in shadow."""
        rules = self.given.agreement.rules
        return [one for one in self.numbered if rules[one.clause].mode in ("forbid", "require") and not one.shadow]

    def total(self) -> Counter[str]:
        """Over all clauses."""
        return sum(self.counts().values(), Counter())

    def no_breach_known(self) -> list[str]:
        """Prohibitions of which the record shows no breach, and no doubt of one."""
        rules = self.given.agreement.rules
        if not self.judgement.record.acts:
            return []
        return [
            name
            for name, counts in self.counts().items()
            if rules[name].mode == "forbid" and not any(counts[word] for word in ATTENTION)
        ]

    def aside(self) -> Iterator[str]:
        """What the table does not hold."""
        shadow = sum(one.shadow for one in self.numbered)
        if shadow:
            yield (
                f"{shadow} findings are in shadow and not counted: the agreement was not in force, or the clause is one of "
                f"two readings between which the parties have not chosen"
            )
        lifted = Counter(one.clause for one in self.numbered if one.verdict == "no verdict")
        for name, count in lifted.items():
            yield f"{name} applied to {count} {_plural(count, 'act')}; it gives no verdict of its own"
        unjudged = [rule.id for rule in self.given.agreement.rules.values() if rule.not_judged]
        if unjudged:
            yield f"words no record decides stand in {', '.join(unjudged)}; nothing is said of them"
        if not self.judgement.record.acts:
            yield "the record holds no act: nothing was judged"
        for name in self.given.lacking:
            yield f"annex {name} was not given (--annexes): what rests on it cannot be told"

    # one finding

    def subject(self, finding: Finding) -> str:
        """Who did what when."""
        when = moment_words(finding)
        named = (
            f"{finding.act}, {act_words(finding, self.acts[finding.act])}" if finding.act in self.acts else finding.act
        )
        return f"{named}, {when}" if when and finding.act in self.acts else named

    def reason(self, finding: Finding) -> str:
        """The fact that decided, shortly."""
        return because(self.given.agreement, finding, self.judgement.record, self.given.geometry, short=True)

    def missing(self, finding: Finding) -> tuple[str, ...]:
        """What is missing, and by whom."""
        return missing_words(self.given.agreement, finding, self.acts.get(finding.act))

    def then(self, finding: Finding) -> str | None:
        """The word of then; None if then was not asked for."""
        if self.judgement.then is None:
            return None
        before = self.judgement.then_of(finding)
        return before.verdict if before is not None else "no finding"

    def explanation(self, finding: Finding) -> str:
        """On one screen."""
        return explain(
            self.given.agreement, finding, self.judgement.record, self._then(finding), geometry=self.given.geometry,
            revised=self.revised(finding),
        )  # fmt: skip

    def parts(self, finding: Finding) -> list[Part]:
        """The same as paragraphs."""
        return parts(
            self.given.agreement, finding, self.judgement.record, self._then(finding), geometry=self.given.geometry,
            revised=self.revised(finding),
        )  # fmt: skip

    def revised(self, finding: Finding) -> tuple[str, ...]:
        """What it superseded, in words."""
        return tuple(revision_words(one) for one in self.judgement.revisions(finding.key()))

    def _then(self, finding: Finding) -> Finding | None:
        return self.judgement.then_of(finding) if self.judgement.then is not None else None

    def by_number(self, number: int) -> Finding:
        """The finding of a number."""
        if not 1 <= number <= len(self.numbered):
            last = len(self.numbered)
            raise GivenError("unknown-name", f"there is no finding {number}; they are numbered 1 to {last}")
        return self.numbered[number - 1]

    def of_clause(self, clause: str) -> list[Finding]:
        """The findings of a clause."""
        rules = self.given.agreement.rules
        if clause not in rules:
            what = f"no clause {clause!r} in {self.given.agreement.code}; known: {', '.join(rules)}"
            raise GivenError("unknown-name", what)
        return [one for one in self.numbered if one.clause == clause]


def revision_words(one: Superseded) -> str:
    """`broken until 18 Sep 2016 09:00:00Z, then kept: n9, a notice, came to be known late`."""
    after = one.after.verdict if one.after is not None else "no finding"
    return f"{one.before.verdict} until {w.instant(one.at)}, then {after}: {one.why}"


def _known_then(judgement: Judgement) -> tuple[Act, ...]:
    return judgement.then_record.acts if judgement.then_record is not None else ()


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
