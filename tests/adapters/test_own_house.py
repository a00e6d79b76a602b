"""Stories of one's own house: what agencies say, what a policy lets leave, and what nobody alone can change."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.node.release.journal import outward, salt
from tests.adapters.own_house import AGENCIES, REPORT, REPORTS, STOP, Own, policy_text
from tests.sim.world import HOUR, MINUTE, NOTICE, out


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    own = Own(tmp_path)
    yield own
    own.close()


def lines(own: Own, what: str) -> list[dict[str, Any]]:
    return [line for line in own.ask("approvals")["lines"] if line["what"] == what]


def test_four_agencies(own: Own):
    """State yes, White House yes if grounding, Intelligence without tracks, Defence abstains, the fifth does not answer."""
    name = own.forward()
    own.approve(name, "state", "yes")
    own.approve(name, "white_house", "yes", condition="{during: grounding}", reason="limited patience")
    own.approve(name, "intelligence", "yes", template="without_tracks")
    own.approve(name, "defence", "abstain", reason="we would not send it")
    state = own.ask("drafts")["states"][name]
    assert state["state"] == "waiting"
    assert state["quorum"]["waiting"] == ("treasury",)
    assert state["quorum"]["unfulfilled"] == ("white_house",), "grounding has not begun"
    assert own.said() == []
    own.world.say("ru", "us", "said", {"name": "opening", "fields": {}})
    own.later(3 * HOUR)
    assert own.said() == [], "one agency is still asked"
    own.later(HOUR)
    (said,) = own.said()
    assert set(said.fields) == {"incident", "position"}, "without tracks: as if there had never been one"
    (sent,) = lines(own, "sent")
    request = lines(own, "put forward")[0]["request"]
    salted = salt(own.commands.release.kept.secret, request, "ru")
    assert said.approval == outward(salted, sent["size"], sent["root"]), "the digest opens to the approvals log's root"
    entry = b"".join(
        own.world.store("us").entries("demo/test/us/to-ru", 0, own.world.house("us").ledgers["demo/test/us/to-ru"].size)
    )
    for word in (b"patience", b"intelligence", b"would not send"):
        assert word not in entry, "reasons stay at home"


def test_a_condition_that_does_not_hold_lets_nothing_leave(own: Own):
    name = own.forward()
    for agency in ("state", "intelligence", "defence", "treasury"):
        own.approve(name, agency, "yes")
    own.approve(name, "white_house", "yes", condition="{during: grounding}")
    own.later(5 * HOUR)
    assert own.said() == []
    assert own.ask("drafts")["states"][name]["state"] == "draft", "the draft stays"
    wrong = own.forward()
    assert own.approve(wrong, "white_house", "yes", condition="{during: nothing_such}").code == "condition-invalid"


def test_an_answer_to_other_bytes_or_another_draft_is_refused_and_kept(own: Own):
    first, second = own.forward(), own.forward()
    paper = own.answer(first, "state", "yes")
    file = json.loads(paper)
    payload = base64.b64decode(file["envelope"]["payload"]).replace(first.encode(), second.encode())
    file["envelope"]["payload"] = base64.b64encode(payload).decode()
    assert own.ask("approve", file=json.dumps(file)).code == "approval-invalid", "altered bytes"
    other = own.answer(second, "state", "yes")
    own.ask("recall", draft=second)
    assert own.ask("approve", file=other).code == "approval-invalid", "recalled"
    own.world.now += MINUTE
    own.ask("release", draft=second)
    assert own.ask("approve", file=other).code == "approval-invalid", "put forward anew: another request"
    assert own.approve(first, "state", "yes", by="defence").code == "approval-invalid", "another's key"
    assert len(lines(own, "refused")) == 4
    assert own.ask("approve", file=paper)["taken"] == "state"


def test_recall_and_what_was_sent(own: Own, tmp_path: Path):
    name = own.forward()
    for agency in ("state", "white_house", "intelligence", "defence"):
        own.approve(name, agency, "yes")
    assert own.ask("recall", draft=name, reason="later")["recalled"] == name
    assert own.ask("approvals", draft=name)["lines"][-1]["reason"] == "later"
    assert own.ask("drafts")["states"][name]["state"] == "draft"
    own.ask("release", draft=name)
    for agency in ("state", "white_house", "intelligence", "defence", "treasury"):
        answer = own.approve(name, agency, "yes")
    assert answer["state"] == {"state": "sent"}
    assert len(own.said()) == 1
    assert own.ask("recall", draft=name).code == "not-released"


def test_a_delegation_ends(own: Own):
    name = own.forward()
    own.delegate("state", "deputy", own.world.now + HOUR)
    assert own.approve(name, "state", "yes", by="deputy")["taken"] == "state"
    assert own.approve(name, "defence", "yes", by="deputy").code == "approval-invalid", "for its own agency only"
    own.later(HOUR)
    assert own.approve(name, "state", "no", by="deputy").code == "approval-invalid", "its time is over"


def test_one_person_alone_changes_nothing(own: Own):
    before = own.ask("policy")["in_force"]["digest"]
    wanted = policy_text("- {rule: everything, say: all, to: all}\n", 2, before)
    own.ask("policy_propose", file=wanted.decode())
    assert own.sign_policy(wanted, "defence")["in_force"] is False
    assert own.sign_policy(wanted, "defence")["in_force"] is False, "the same signature twice is one"
    assert own.sign_policy(wanted, "state", "defence").code == "approval-invalid", "in another's name"
    assert own.sign_policy(wanted, "treasury").code == "approval-invalid", "an agency that may not"
    assert own.ask("policy")["in_force"]["digest"] == before
    assert len(lines(own, "refused")) == 2
    assert own.ask("say", to="ru", kind="call", fields={"about": "x", "text": "y"}).code == "policy-silent"
    assert own.sign_policy(wanted, "state")["in_force"] is True
    assert own.ask("say", to="ru", kind="call", fields={"about": "x", "text": "y"})["placed"]
    stale = policy_text("", 2, before)
    assert own.ask("policy_propose", file=stale.decode()).code == "release-policy-invalid"


def test_killed_between_approval_and_sending(own: Own):
    """What was approved goes once: after a crash before the batch, and after one between COMMIT and clearing the draft."""
    name = own.forward()
    for agency in ("state", "white_house", "intelligence", "defence"):
        own.approve(name, agency, "yes")
    own.start()
    last = own.answer(name, "treasury", "yes")
    own.ask("approve", file=last, crash=True)
    assert len(own.said()) == 1
    assert own.private.names("draft") == [name], "the crash kept the draft"
    own.start()
    own.later(2 * MINUTE)
    assert len(own.said()) == 1, "and it is not said again"
    assert own.private.names("draft") == []


LABELS = """labels:
  shared: {plain: {policy: SYRIA, class: RELEASABLE, to: [ru]}}
  own:
  - {policy: US, class: CONFIDENTIAL, categories: {Releasable To: [RUS]}, becomes: plain}
"""
OWN_LABEL = {
    "policy": "US", "class": "CONFIDENTIAL", "created": "2016-09-17", "review": "2026-09-17",
    "categories": [
        {"type": "permissive", "name": "Releasable To", "values": ["RUS"]},
        {"type": "informative", "name": "Caveat", "values": ["ORCON-7731"]},
    ],
}  # fmt: skip


def test_labels_are_mapped_or_stay(tmp_path: Path):
    own = Own(tmp_path, "- {rule: calls, say: call, to: all}\n" + LABELS)
    call: dict[str, Any] = {"kind": "call", "fields": {"about": "x", "text": "y"}}
    own.ask("say", to="ru", **call, label=OWN_LABEL)
    (said,) = own.said("call")
    assert (said.label.policy, said.label.class_) == ("SYRIA", "RELEASABLE")
    assert [(c.name, c.values) for c in said.label.categories] == [("Releasable To", ["ru"])]
    entries = b"".join(own.world.store("us").entries("demo/test/us/to-ru", 0, 3))
    assert b"ORCON" not in entries
    assert b"CONFIDENTIAL" not in entries
    assert own.ask("say", to="un", **call, label=OWN_LABEL).code == "label-unmapped", "not to this audience"
    assert own.ask("say", to="ru", **call, label={**OWN_LABEL, "class": "SECRET"}).code == "label-unmapped"
    stop = own.ask("say", to="ru", kind="said", fields=STOP, label={**OWN_LABEL, "class": "SECRET"})
    assert stop["placed"], "a STOP is held back by no label"
    own.close()


def test_zero_content(tmp_path: Path):
    """A policy without a rule: STOP, receipts and what is named as standing go at once; nothing else leaves."""
    own = Own(tmp_path, "", slot="60s", standing="{receipts: [stop_acknowledgement, received]}")
    size = len(own.said())
    stop = own.ask("say", to="ru", kind="said", fields=STOP)["placed"][0]
    received = own.world.say("ru", "us", "said", STOP)
    assert own.ask(
        "say", to="ru", kind="said", fields={"name": "stop_acknowledgement", "fields": {"stop": received.id}}
    )["placed"]
    assert own.ask("say", to="ru", kind="received", fields={"digests": ["0" * 64]})["placed"]
    assert own.ask("receipt", origin=stop["origin"], entry=stop["entry"])["by"], "the other side signs for it"
    refused = {
        "said": REPORT, "call": {"about": "x", "text": "y"}, "notice": NOTICE, "account": {}, "attachment": {},
    }  # fmt: skip
    for kind, fields in refused.items():
        error = own.ask("say", to="ru", kind=kind, fields=fields)
        assert error.code == "policy-silent", kind
        assert own.ask("say_many", to="ru", kind=kind, many=[fields]).code == "policy-silent", kind
    for do in ("offer", "adopt"):
        assert own.ask(do).code == "policy-silent", do
    assert len(own.said()) == size + 2
    assert own.ask("words", peer="ru", challenge="0" * 16)["words"], "the line can be tested by voice"
    own.later(20 * MINUTE)
    assert own.said("status"), "heartbeats go on"
    own.close()


def test_withheld_equals_absent(own: Own):
    """A report whose track is withheld has the shape of one that never had a track."""
    fields = {name: value for name, value in REPORT["fields"].items() if name != "track"}
    shapes = []
    for report in (REPORT, {**REPORT, "fields": fields}):
        name = own.forward(report)
        for agency in AGENCIES:
            own.approve(name, agency, "yes", template="without_tracks")
        said = own.said()[-1]
        shapes.append((said.name, sorted(said.fields), len(said.approval), said.label))
    assert shapes[0] == shapes[1]
    assert "track" not in shapes[0][1]


def test_what_leaves_leaves_at_the_slot(tmp_path: Path):
    """Approved early or late in a slot: sent at its end, in an order that is not the order of approvals."""
    own = Own(tmp_path, "- {rule: calls, say: call, to: ru}\n", slot="60s")
    own.ask("tick")
    names = []
    for text in ("one", "two"):
        own.world.now += 7_000
        answer = own.ask("say", to="ru", kind="call", fields={"about": "x", "text": text})
        assert answer["placed"] == []
        assert answer["state"]["leaves"] == own.world.now // MINUTE * MINUTE + MINUTE
        names.append((answer["draft"], text))
        own.ask("tick")
        assert own.said("call") == []
    own.world.now = own.world.now // MINUTE * MINUTE + MINUTE
    own.ask("tick")
    assert [call.text for call in own.said("call")] == [text for _, text in sorted(names)]
    own.close()


def test_the_log_of_approvals_shows_a_line_changed_behind_its_back(own: Own):
    name = own.forward()
    own.approve(name, "state", "no", reason="not now")
    line = json.loads(own.private.get("journal", "00000001") or b"")
    assert line["says"] == "no"
    own.private.put("journal", "00000001", json.dumps({**line, "says": "yes"}).encode())
    with pytest.raises(Exception, match="approvals-damaged"):
        own.start()


def test_out_is_made_of_the_open_policy_for_other_tests():
    assert out("ru", "call", {}).approval == "0" * 64
    assert REPORTS
