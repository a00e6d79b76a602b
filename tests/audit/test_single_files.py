"""A `.tlog-proof` or an evidence file by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detente.errors import GivenError
from detente.node.audit.verdict import Verdict
from detente.node.audit.verify import verify_file
from detente.proof.checkpoint import Head, cosign, parse_checkpoint, sign_checkpoint
from detente.proof.evidence import make_fork
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, SoftSigner, VerifierKey
from detente.proof.lapse import make_lapse
from detente.proof.policy import Policy, parse_policy
from detente.proof.receipt import LogProof, parse_proof, receipt_policy
from detente.proof.tree import Tree, leaf_hash
from tests.audit.conftest import Held
from tests.audit.folders import Files, flips, signed_head, under
from tests.sim.world import origin, seed

LOG = origin("us", "ru")


@pytest.fixture
def log(small: Held) -> Files:
    return under(small.files, "logs/us-to-ru/")


@pytest.fixture
def receipt(small: Held, log: Files) -> bytes:
    row = small.world.store("us").statements("notice", LOG)[0]
    return log[f"receipts/{row.entry:06d}.tlog-proof"]


def fails(verdict: Verdict, *words: str) -> None:
    assert not verdict.ok, verdict
    for word in words:
        assert word in verdict.line, verdict


def test_a_receipt_in_one_line(log: Files, receipt: bytes):
    verdict = verify_file(receipt, "r", policy=parse_policy(log["receipt-policy"]))
    assert verdict.ok
    assert verdict.line.startswith("entry 4 of demo/test/us/to-ru, a notice of us dated 2016-09-17 09:00:00Z by itself")
    assert "signed for by ru at 2016-09-17 09:0" in verdict.line
    assert verdict.line.endswith("(by the policy given)")
    assert any("not checked: the entry's own signatures" in line for line in verdict.details)
    verdict = verify_file(receipt, "r", beside=log["receipt-policy"])
    assert verdict.line.endswith("(by the receipt-policy beside it)")


def test_every_byte_of_a_receipt(log: Files, receipt: bytes):
    policy = parse_policy(log["receipt-policy"])
    for data in [*flips(receipt, 300, "receipt"), receipt[:-1], receipt + b"\n", receipt[1:], receipt + receipt]:
        if data.startswith(b"c2sp.org/"):
            fails(verify_file(data, "file.tlog-proof", policy=policy), "file.tlog-proof: ")
        else:
            with pytest.raises(GivenError, match="neither a"):
                verify_file(data, "file.tlog-proof", policy=policy)


def test_a_receipt_under_other_policies(small: Held, log: Files, receipt: bytes):
    other = parse_policy(under(small.files, "logs/us-to-un/")["receipt-policy"])
    fails(verify_file(receipt, "r", policy=other), "is not in the policy", "unknown-origin")
    fails(verify_file(receipt, "r", policy=parse_policy(log["cosigner-policy"])), "quorum-missing")
    own = parse_policy(log["receipt-policy"]).logs[LOG]
    fails(verify_file(receipt, "r", policy=receipt_policy(own, [])), "a policy without quorum makes no receipts")
    with pytest.raises(GivenError, match="give a policy with --policy"):
        verify_file(receipt, "r")
    with pytest.raises(GivenError, match="policy-invalid"):
        verify_file(receipt, "r", beside=b"log x\n")


def test_a_receipt_without_its_entry_or_with_another(log: Files, receipt: bytes):
    policy = parse_policy(log["receipt-policy"])
    proof = parse_proof(receipt)
    fails(
        verify_file(LogProof(proof.index, proof.path, proof.checkpoint).encode(), "r", policy=policy),
        "carries no entry",
    )
    other = LogProof(proof.index, proof.path, proof.checkpoint, b"another")
    fails(verify_file(other.encode(), "r", policy=policy), "inclusion-fails")
    far = LogProof(proof.checkpoint.head.size, proof.path, proof.checkpoint, proof.entry)
    fails(verify_file(far.encode(), "r", policy=policy), "receipt-too-small")


def test_a_receipt_of_something_no_node_reads(small: Held, log: Files):
    head = signed_head(small.world, "us", "ru", [b"junk"])
    proof = LogProof(0, tuple(Tree([leaf_hash(b"junk")]).inclusion(0, 1)), head, b"junk")
    verdict = verify_file(proof.encode(), "r", policy=parse_policy(log["receipt-policy"]))
    assert verdict.ok
    assert "which no node reads as a statement, stands under" in verdict.line


def test_a_stranger_s_line_beside_the_receipt(small: Held, log: Files, receipt: bytes):
    proof = parse_proof(receipt)
    spare = parse_checkpoint(under(small.files, "logs/us-to-un/")["checkpoint"]).note.signatures[-1]
    more = LogProof(proof.index, proof.path, proof.checkpoint.with_lines([spare]), proof.entry)
    verdict = verify_file(more.encode(), "r", policy=parse_policy(log["receipt-policy"]))
    assert verdict.ok
    assert any("demo/test/un/mirror, whom the policy does not name: not checked" in line for line in verdict.details)


def fork(signer: SoftSigner, log: str = LOG) -> bytes:
    first, second = (Tree([leaf_hash(bytes([n])), leaf_hash(b"x")]) for n in (1, 2))
    heads = [sign_checkpoint(Head(log, 2, tree.root()), [signer]) for tree in (first, second)]
    return make_fork(VerifierKey(log, TYPE_NOTE, signer.public), heads[0], heads[1], first.root(), []).encode()


def test_a_fork_in_one_line(small: Held, log: Files):
    signer = small.world.nodes["us"].signers["log"][0]
    data = fork(signer)
    verdict = verify_file(data, "fork.json", policy=parse_policy(log["receipt-policy"]))
    assert verdict.ok
    assert verdict.line.startswith(f"a fork is proved: {LOG} signed two histories, {LOG} at 2 (")
    assert verdict.line.endswith("(the log's key)")
    alone = verify_file(data, "fork.json")
    assert alone.ok
    assert "compare it" in alone.line
    assert any("not checked: that key" in line for line in alone.details)
    for flipped in [*flips(data, 400, "fork"), data[:-1], data + b" "]:
        if flipped.startswith(b"{"):
            fails(verify_file(flipped, "fork.json"), "fork.json: ")


def test_evidence_that_proves_nothing(log: Files):
    policy = parse_policy(log["receipt-policy"])
    fails(
        verify_file(fork(SoftSigner(seed("stranger"))), "f", policy=policy),
        "which is no known key of demo/test/us/to-ru",
    )
    fails(verify_file(b'{"type":"other"}', "f"), "is not known to this version")
    fails(verify_file(b"{}", "f"), "no evidence file")
    fails(verify_file(b"{\xff", "f"), "no evidence file")
    signer = SoftSigner(seed("x"))
    head = sign_checkpoint(Head(LOG, 2, bytes(32)), [signer])
    same = make_fork(VerifierKey(LOG, TYPE_NOTE, signer.public), head, head, bytes(32), [])
    fails(verify_file(same.encode(), "f"), "the two heads agree")


def test_a_countersigner_that_went_back():
    log, mirror = SoftSigner(seed("log")), SoftSigner(seed("mirror"))
    key = VerifierKey("demo/test/ru/mirror", TYPE_COSIGNATURE, mirror.public)
    heads = [Head(LOG, size, bytes([size]) * 32) for size in (9, 7)]
    notes = [
        sign_checkpoint(head, [log]).with_lines([cosign(head, key.name, mirror, time)])
        for head, time in zip(heads, (1_474_117_200, 1_474_117_300), strict=True)
    ]
    data = make_lapse(key, *notes).encode()
    verdict = verify_file(data, "lapse.json", policy=Policy(witnesses={"ru": key}))
    assert verdict.ok
    assert "a countersigner went back: demo/test/ru/mirror signed for demo/test/us/to-ru at 9" in verdict.line
    assert "at 2016-09-17 13:00:00Z and, later, only for demo/test/us/to-ru at 7" in verdict.line
    assert "compare it" in verify_file(data, "lapse.json").line
    fails(verify_file(data, "lapse.json", policy=Policy()), "which is no known key of demo/test/ru/mirror")
    back = make_lapse(key, *reversed(notes)).encode()
    fails(verify_file(back, "lapse.json"), "this file proves nothing")


def test_terms_say_whether_the_log_is_one_of_theirs(small: Held, log: Files, receipt: bytes):
    policy, terms = parse_policy(log["receipt-policy"]), small.world.terms
    evidence = fork(small.world.nodes["us"].signers["log"][0])
    for data in (receipt, evidence):
        verdict = verify_file(data, "f", policy=policy, terms=terms)
        assert verdict.ok
        assert any("not checked: that the keys are those the terms pin" in line for line in verdict.details)
        fails(verify_file(data, "f", policy=policy, terms=replace(terms, logs={})), "is not a log of these terms")


def test_something_else():
    with pytest.raises(GivenError, match="neither a"):
        verify_file(b"hello", "x")
