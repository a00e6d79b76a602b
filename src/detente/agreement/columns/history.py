"""What the judge says of a whole long record: verdicts at once, each finding in full when it is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from detente.agreement.columns.clauses import VERDICTS, Part
from detente.agreement.columns.codes import NoPlan
from detente.agreement.columns.given import Acts, Given
from detente.agreement.columns.loaded import Loaded
from detente.agreement.columns.run import Run
from detente.agreement.finding import Finding, Verdict
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.judge.incremental import Judge
from detente.agreement.judge.worlds import combined
from detente.agreement.record import Record

Key = tuple[str, str, str | None]
Subject = tuple[str, str]


class Said(NamedTuple):
    """One verdict without its reasons. `bearer`: who is bound, None if nobody is named."""

    clause: str
    act: str
    bearer: str | None
    verdict: Verdict
    shadow: bool

    def key(self) -> Key:
        """What it is about."""
        return self.clause, self.act, self.bearer


class History:
    """All verdicts on one record, equal to the step judge's.

    Findings with evidence, what is missing and who bears a doubt are made by the step judge, one by one, on demand.
    """

    def __init__(
        self, agreement: Agreement, record: Record | Loaded, geometry: Geometry, given: Sequence[Given] = ()
    ) -> None:
        loaded = record if isinstance(record, Loaded) else Loaded(record)
        record = loaded.record
        self.agreement = agreement
        self.record = record
        self.geometry = geometry
        self._runs: list[tuple[str, Run]] = []
        self._judge: Judge | None = None
        self.refused = ""
        try:
            if agreement.sources:
                raise NoPlan("events that need several independent sources")
            if any(rule.watched for rule in agreement.rules.values()):
                raise NoPlan("how much was watched")
            for source, telling in loaded.tellings:
                self._runs.append((source, Run(agreement, record, geometry, telling, given)))
        except NoPlan as reason:
            self.refused = str(reason)
            self._runs = []
            every = (*record.acts, *(act for one in given for act in Acts(one)))
            self._judge = Judge.over(agreement, geometry, replace(record, acts=every))
        self._combined: dict[Key, Said] | None = None

    # verdicts

    def verdicts(self) -> Iterator[Said]:
        """Every verdict but `not applicable`."""
        if self._judge is not None:
            for one in self._judge.findings():
                yield Said(one.clause, one.act, one.bearer, one.verdict, one.shadow)
        elif len(self._runs) == 1:
            yield from _said(self._runs[0][1])
        else:
            yield from self._together().values()

    def counts(self) -> dict[str, Counter[str]]:
        """How many of each verdict, by clause."""
        found: dict[str, Counter[str]] = {}
        if self._judge is None and len(self._runs) == 1:
            run = self._runs[0][1]
            for clause, parts in run.parts.items():
                count = found.setdefault(clause, Counter())
                for part in parts:
                    for number, times in enumerate(np.bincount(part.verdicts, minlength=len(VERDICTS))):
                        if times:
                            count[VERDICTS[number]] += int(times)
                count.update(one.verdict for one in run.asked[clause])
            return found
        for said in self.verdicts():
            found.setdefault(said.clause, Counter())[said.verdict] += 1
        return found

    def _together(self) -> dict[Key, Said]:
        """Where sides tell acts differently: each telling judged, then put together."""
        if self._combined is None:
            runs: list[tuple[str, dict[Subject, list[Finding]]]] = []
            for source, run in self._runs:
                about: dict[Subject, list[Finding]] = {}
                for said in _said(run):
                    about.setdefault((said.clause, said.act), []).append(_plain(said))
                runs.append((source, about))
            self._combined = {}
            for subject in dict.fromkeys(subject for _, about in runs for subject in about):
                for one in combined([(source, about.get(subject, [])) for source, about in runs]):
                    self._combined[one.key()] = Said(*one.key(), one.verdict, one.shadow)
        return self._combined

    def columns(self, clause: str) -> list[Part]:
        """The verdicts of one clause as columns, where there is one telling."""
        return self._runs[0][1].parts[clause] if len(self._runs) == 1 else []

    # findings in full

    def finding(self, clause: str, act: str, bearer: str | None) -> Finding | None:
        """One finding with its reasons, as the step judge gives it."""
        if self._judge is not None:
            return self._judge.finding(clause, act, bearer)
        return next((one for one in self.about(clause, act) if one.bearer == bearer), None)

    def about(self, clause: str, act: str) -> list[Finding]:
        """All findings of a clause on one act, edge or due time, `not applicable` left out."""
        if self._judge is not None:
            return [one for one in self._judge.findings() if (one.clause, one.act) == (clause, act)]
        if len(self._runs) == 1:
            return self._runs[0][1].about(clause, act)
        return combined([(source, run.about(clause, act)) for source, run in self._runs])

    def findings(self) -> Iterator[Finding]:
        """All findings in full, by clause and time: as slow as the step judge."""
        order = {name: number for number, name in enumerate(self.agreement.rules)}
        if self._judge is not None:
            yield from self._judge.findings()
            return
        subjects = dict.fromkeys((said.clause, said.act) for said in self.verdicts())
        found = [one for subject in subjects for one in self.about(*subject)]

        def place(one: Finding) -> tuple[int, int, str, str]:
            return order[one.clause], one.at[0] if one.at else 0, one.act, one.bearer or ""

        yield from sorted(found, key=place)

    def explain(self) -> dict[str, str]:
        """By clause: how it was decided, and how many subjects the step judge was asked about."""
        if self._judge is not None:
            return dict.fromkeys(self.agreement.rules, f"step judge: {self.refused}")
        words = {}
        for name in self.agreement.rules:
            reasons = [run.reasons[name] for _, run in self._runs if name in run.reasons]
            asked = sum(run.subjects_asked.get(name, 0) for _, run in self._runs)
            if self.agreement.rules[name].mode == "text":
                words[name] = "not judged"
            elif reasons:
                words[name] = f"step judge: {reasons[0]}"
            else:
                words[name] = f"columns, {asked} subjects by the step judge" if asked else "columns"
        return words


def judge_all(
    agreement: Agreement, record: Record | Loaded, geometry: Geometry, given: Sequence[Given] = ()
) -> History:
    """The verdicts of the one judge on a long record; `given`: kinds of acts that already stand in columns.

    A record that is judged more than once is best loaded once.
    """
    return History(agreement, record, geometry, given)


def _said(run: Run) -> Iterator[Said]:
    names = run.world.names.codes
    for clause, parts in run.parts.items():
        for part in parts:
            ids = part.table.ids
            for row, verdict, bearer, shadow in zip(
                part.rows.tolist(), part.verdicts.tolist(), part.bearers.tolist(), part.shadow.tolist(), strict=True
            ):
                yield Said(clause, ids[row], names[bearer] if bearer >= 0 else None, VERDICTS[verdict], shadow)
        for one in run.asked[clause]:
            yield Said(clause, one.act, one.bearer, one.verdict, one.shadow)


def _plain(said: Said) -> Finding:
    return Finding(said.clause, said.act, said.bearer, said.verdict, shadow=said.shadow)
