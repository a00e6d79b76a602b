"""A peer that does not answer: the link is said to be silent, receipts fall overdue, the other links go on."""

from __future__ import annotations

import pytest

from detente.errors import LocalError
from detente.model.statement import ReceiptOverdue, decode_statement
from detente.proof.envelope import parse_envelope
from tests.faults.nodes import (
    T0,
    assert_one_history,
    assert_receipted,
    entries_of,
    eventually,
    log_of,
    origin,
    refusals,
    rest,
    say,
    tell_time,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def link(nodes, code, peer):
    return next(k for k in nodes.ask(code, "state")["links"] if k["peer"] == peer)


def test_a_dead_peer_is_noticed_and_gets_everything_in_order_when_it_is_back(tmp_path):
    """30-ledger: receipts due within 60 s, "Overdue: collect the neutral quorum, log `receipt_overdue`, fail closed"."""
    with three(tmp_path) as nodes:
        before = say(nodes, "us", "ru", "before")
        nodes.stop("ru", kill=True)
        held = log_of(nodes, "us", "ru")["signed_for"]
        placed = [say(nodes, "us", "ru", f"while silent {n}", wait=False) for n in range(20)]
        silent = eventually(lambda: not (k := link(nodes, "us", "ru"))["up"] and k)
        assert "onnect" in silent["error"]

        # the other links go on
        others = [say(nodes, "us", "un", "still here"), say(nodes, "un", "us", "so are we")]
        assert link(nodes, "us", "un")["up"]

        tell_time(nodes, T0 + 60_000, "us", "un")
        assert not [r for r in refusals(nodes, "us") if r["code"] == "receipt-overdue"]
        tell_time(nodes, T0 + 60_001, "us", "un")
        tell_time(nodes, T0 + 62_000, "us", "un")
        overdue = [r for r in refusals(nodes, "us") if r["code"] == "receipt-overdue"]
        assert len(overdue) == 1, "said once for each occasion"
        assert overdue[0]["party"] == "ru"
        said = [
            decode_statement(parse_envelope(e).payload, "receipt_overdue")
            for e in entries_of(nodes, "us", origin("us", "ru"))
            if b'"receipt_overdue"' in parse_envelope(e).payload
        ]
        assert len(said) == 1
        assert isinstance(said[0], ReceiptOverdue)
        assert said[0].quorum == 1, "un had countersigned the head"
        assert said[0].due == T0 + 60_000
        for one in placed:
            with pytest.raises(LocalError, match="receipt-overdue"):
                nodes.ask("us", "receipt", origin=one["origin"], entry=one["entry"])
        assert log_of(nodes, "us", "ru")["signed_for"] == held

        nodes.start("ru")
        tell_time(nodes, T0 + 62_000)
        rest(nodes)
        assert link(nodes, "us", "ru")["up"]
        assert_receipted(nodes, [before, *placed, *others])
        assert_one_history(nodes)
        texts = [parse_envelope(e).payload for e in entries_of(nodes, "ru", origin("us", "ru"))]
        heard = [int(t.partition(b"while silent ")[2].partition(b'"')[0]) for t in texts if b"while silent" in t]
        assert heard == list(range(20))
