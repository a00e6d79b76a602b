"""Which statements protect, and that one which may or may not count permits nothing and convicts nobody (all engines)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.columns import judge_all
from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.judge import Judge, known_at
from detente.agreement.language import read_agreement
from detente.agreement.protecting import protecting
from detente.agreement.record import NO_END, UNKNOWN, Act, Interval, Record
from tests.agreement.geodesics import Exact
from tests.agreement.stories import read_record
from tests.agreement.test_syria import BASE, SYRIA

FOLDER = Path(__file__).resolve().parents[2] / "agreements"
PROTECTING = protecting(SYRIA)
NOT_OF_STRIKES = ("voiding_of_notice", "withdrawal")
"""One protects flights from being taken for notified; one ends the term in which the calm days count."""


def test_the_kinds_that_protect_are_read_off_the_clauses():
    assert set(PROTECTING) == {
        "withdrawal", "revocation", "opposition_area", "refusal", "withdrawal_of_consent", "abort", "change_of_plan",
        "voiding_of_notice", "site_entry", "stop", "movement", "movement_position", "arrival",
    }  # fmt: skip
    for spared in (
        "consent",
        "nomination",
        "designation",
        "lifting_of_stop",
        "site_removal",
        "opposition_area_removal",
    ):
        assert spared not in PROTECTING, spared
    assert "site_entry" in protecting(read_agreement((FOLDER / "humanitarian-notification.yaml").read_bytes()))


def base(now: str = "2016-09-20T00:00:00Z") -> Record:
    acts = "".join(f"- {{id: {name}, {text}}}\n" for name, text in BASE.items())
    return read_record(f"acts:\n{acts}now: {now}\n", SYRIA)


def unsure(kind: str, by: str, since: int) -> Act:
    fields = dict.fromkeys(SYRIA.kinds[kind].fields, UNKNOWN)
    other = "us" if by == "ru" else "ru"
    return Act(
        "d" * 64, kind, frozenset({by}), None, {other: Interval(since, NO_END)}, fields, log=by, known_from=since
    )


def columns(agreement: Agreement, record: Record, geometry: Exact) -> list[Finding]:
    return list(judge_all(agreement, record, geometry).findings())


AUTHORS = [(kind, "us" if kind == "change_of_plan" else "ru") for kind in PROTECTING if kind not in NOT_OF_STRIKES]
AUTHORS += [("site_entry", "un"), ("stop", "un")]


@pytest.mark.parametrize(("kind", "by"), AUTHORS)
def test_what_may_be_a_protection_leaves_every_strike_in_doubt_and_breaks_nothing(kind: str, by: str):
    record = base()
    (strike,) = [act for act in record.acts if act.id == "s"]
    assert strike.at is not None
    doubt = unsure(kind, by, strike.at.lo - 60_000)
    for engine in (step.judge, reference.judge, columns):
        plain = {(f.clause, f.act): f.verdict for f in engine(SYRIA, record, Exact({})) if f.act == "s"}
        found = engine(SYRIA, replace(record, acts=(*record.acts, doubt)), Exact({}))
        doubted = {(f.clause, f.act): f.verdict for f in found if f.act == "s"}
        changed = {doubted[key] for key in doubted if doubted[key] != plain.get(key)}
        assert changed == {"cannot tell"}, (engine, changed)
        assert not [f for f in found if f.verdict == "broken" and f.act in (doubt.id, f"receipt:{doubt.id}:us")]


@pytest.mark.parametrize(("kind", "by"), AUTHORS)
def test_before_an_act_the_word_is_cannot_tell(kind: str, by: str):
    record = base("2016-09-12T08:00:00Z")
    (strike,) = [act for act in record.acts if act.id == "s"]
    before = tuple(act for act in record.acts if act.id not in ("s", "said", "report"))
    plan = replace(strike, id="plan", at=None)
    now = record.now
    words = []
    for acts in (before, (*before, unsure(kind, by, now - 60_000))):
        known = known_at(Record(acts, now), now)
        words.append(Judge.over(SYRIA, Exact({}), known).overall(plan, now).word)
        assert reference.overall(SYRIA, known, Exact({}), plan, now).word.startswith(words[-1])
    assert words == ["no objection", "cannot tell"]
