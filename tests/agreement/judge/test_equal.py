"""Judging piece by piece equals judging anew; a blurred record never contradicts the trace it blurs."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.agreement.judge import Judge, judge
from detente.agreement.record import Record
from tests.agreement.judge import everything as e
from tests.agreement.judge.exact import Exact

AGREEMENT = e.agreement()
EXACT = Exact()


@given(st.integers(0, 10**9))
@settings(max_examples=50, deadline=None)
def test_piece_by_piece_equals_anew(seed: int):
    r = random.Random(seed)
    whole = e.blurred(r, AGREEMENT, Record(tuple(e.random_acts(r, AGREEMENT, 30)), e.NOW))
    acts = e.with_accounts(r, list(whole.acts))
    final = []
    steps: list[object] = []
    for act in acts:
        pick = r.random()
        if pick < 0.1:
            steps.append(replace(act, by=frozenset(("us",))))
        if pick > 0.9:
            steps.append(act)
            steps.append(replace(act, withdrawn=True))
            continue
        if 0.8 < pick < 0.9:
            old = replace(act, id=act.id + "-old")
            steps += [old, replace(act, replaces=old.id)] if r.random() < 0.5 else [replace(act, replaces=old.id), old]
        else:
            steps.append(act)
        final.append(act)
    live = Judge(AGREEMENT, EXACT, e.START)
    first = {id(step): n for n, step in enumerate(steps)}
    # Versions of one act keep their order; all else is shuffled.
    groups: dict[str, list[object]] = {}
    for step in steps:
        groups.setdefault(step.id, []).append(step)  # type: ignore[attr-defined]
    queue = [name for name, items in groups.items() for _ in items]
    r.shuffle(queue)
    clock = e.START
    for name in queue:
        live.add(groups[name].pop(0))  # type: ignore[arg-type]
        if r.random() < 0.2:
            clock = min(e.NOW, clock + r.randrange(1, 40) * e.H)
            live.now(clock)
        if r.random() < 0.1:
            live.head(r.choice(e.LOGS), e.START + r.randrange(0, 90) * e.H)
    live.now(e.NOW)
    for log in e.LOGS:
        live.head(log, whole.heads.get(log, e.NOW))
    anew = judge(AGREEMENT, Record(tuple(final), e.NOW, {log: whole.heads.get(log, e.NOW) for log in e.LOGS}), EXACT)

    def plain(findings):
        return {one.key(): (one.verdict, one.shadow, one.against, one.due_by, one.at) for one in findings}

    assert plain(live.findings()) == plain(anew)
    assert first


@given(st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_blurred_never_contradicts(seed: int):
    r = random.Random(seed)
    trace = Record(tuple(e.random_acts(r, AGREEMENT, 30)), e.NOW)
    truth: dict[tuple[str, str], dict[str | None, str]] = {}
    for one in judge(AGREEMENT, trace, EXACT):
        truth.setdefault((one.clause, one.act), {})[one.bearer] = one.verdict
    known = e.blurred(r, AGREEMENT, trace)
    for one in judge(AGREEMENT, known, EXACT):
        if one.verdict not in ("kept", "broken") or one.act.startswith("finding:"):
            continue
        verdicts = truth.get((one.clause, one.act), {None: "not applicable"})
        true = {verdicts[one.bearer]} if one.bearer in verdicts else set(verdicts.values())
        assert one.verdict in true or "cannot tell" in true, (one, verdicts)
