"""C2SP tlog-proof files, and what makes one a receipt that its signer cannot deny (30-ledger "Receipt")."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.tlog import InclusionProof

from detente.errors import RemoteError
from detente.model.statement import sha256_hex
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.keys import b64
from detente.proof.policy import Policy
from detente.proof.receipt import HEADER, MAX_FILE, LogProof, check_receipt, parse_proof, receipt_policy
from detente.proof.tiles import encode_bundle, tiles_of
from detente.proof.tree import leaf_hash
from tests.proof.builders import NOW, Log, cosigner_key, entry, line, log_key, refused

MIRROR = cosigner_key("ru-mirror")
POLICY = receipt_policy([log_key()], [MIRROR])


def proof_of(log: Log, index: int, cosigners: tuple[str, ...] = ("ru-mirror",), size: int | None = None) -> LogProof:
    """A proof for an entry under the head at `size`."""
    size = len(log.entries) if size is None else size
    return LogProof(index, tuple(log.tree.inclusion(index, size)), log.checkpoint(size, cosigners), log.entries[index])


LOG = Log.of(13)
PROOF = proof_of(LOG, 6)
FILE = PROOF.encode()


@given(st.integers(1, 300), st.data())
def test_proofs_round_trip_and_hold(size, data):
    """tlog-proof "Format": header, extra, index, path, checkpoint; and a receipt by the mirror key holds."""
    log = Log.of(size)
    proof = proof_of(log, data.draw(st.integers(0, size - 1)))
    for given_proof in (proof, replace(proof, entry=None)):
        again = parse_proof(given_proof.encode())
        assert again == given_proof
        (line_,) = check_receipt(again, log.entries[again.index], POLICY)
        assert (line_.key, line_.time_s, line_.head) == (MIRROR, NOW, log.head())


@given(st.integers(1, 300), st.data())
def test_another_implementation_accepts_path_and_checkpoint(size, data):
    """05-resolutions 9: tlog-scales has no `.tlog-proof`; it takes the parts, and hashes nothing itself."""
    log = Log.of(size)
    proof = parse_proof(proof_of(log, data.draw(st.integers(0, size - 1))).encode())
    head = proof.checkpoint.head
    InclusionProof(proof.index, head.size, list(proof.path)).check(leaf_hash(log.entries[proof.index]), head.root)


@pytest.mark.parametrize("index", [0, 3, 255, 256, 299])
def test_a_proof_file_made_by_another_program_is_accepted(index, tmp_path):
    """tlog-scales can write the file: `tlog-tiles gen-proof` over our folder gives what we give, byte for byte."""
    log = Log.of(300)
    for name in tiles_of(300):
        path = tmp_path / name.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.level < 0:
            path.write_bytes(encode_bundle(log.entries[name.number * 256 :][: name.width]))
        else:
            path.write_bytes(log.tree.tile(name.level, name.number, name.width))
    (tmp_path / "checkpoint").write_bytes(log.checkpoint(cosigners=("ru-mirror",)).encode())
    command = [sys.executable, "-m", "tlog_scales.cli", "gen-proof", str(tmp_path), str(index)]
    made = subprocess.run(command, check=True, capture_output=True).stdout
    assert made == replace(proof_of(log, index), entry=None).encode()
    check_receipt(parse_proof(made), log.entries[index], POLICY)


def changed(old: str, new: str) -> bytes:
    assert FILE.count(old.encode()) >= 1
    return FILE.replace(old.encode(), new.encode(), 1)


EXTRA = b64(LOG.entries[6])
FIRST = b64(PROOF.path[0])
BAD = {
    "empty": (b"", "proof-invalid"),
    "header alone": (HEADER.encode() + b"\n", "proof-invalid"),
    "other version": (changed("@v1", "@v2"), "proof-invalid"),
    "space after the header": (changed("@v1\n", "@v1 \n"), "proof-invalid"),
    "carriage returns": (FILE.replace(b"\n", b"\r\n"), "proof-invalid"),
    "byte order mark": (b"\xef\xbb\xbf" + FILE, "proof-invalid"),
    "no index": (changed("index 6\n", ""), "proof-invalid"),
    "index with zero in front": (changed("index 6", "index 06"), "proof-invalid"),
    "index negative": (changed("index 6", "index -6"), "proof-invalid"),
    "index with two spaces": (changed("index 6", "index  6"), "proof-invalid"),
    "index in Arabic digits": (changed("index 6", "index \u0666"), "proof-invalid"),
    "index of 5,000 digits": (changed("index 6", "index " + "6" * 5_000), "proof-invalid"),
    "index twice": (changed("index 6\n", "index 6\nindex 6\n"), "base64-invalid"),
    "extra twice": (changed("extra", f"extra {EXTRA}\nextra"), "proof-invalid"),
    "extra after the index": (changed(f"extra {EXTRA}\nindex 6\n", f"index 6\nextra {EXTRA}\n"), "base64-invalid"),
    "extra unpadded": (changed(f"extra {EXTRA}", f"extra {EXTRA.rstrip('=')[:-1]}"), "base64-invalid"),
    "hash too short": (changed(FIRST, b64(PROOF.path[0][:31])), "proof-invalid"),
    "hash with tail bits": (changed(FIRST, "A" * 42 + "B="), "base64-invalid"),
    "hash for URLs": (changed(FIRST, "-" * 43 + "="), "base64-invalid"),
    "64 hashes": (changed(FIRST, "\n".join([FIRST] * 64)), "proof-invalid"),
    "two empty lines": (changed("\n\n", "\n\n\n"), "checkpoint-invalid"),
    "no checkpoint": (FILE.partition(b"\n\n")[0] + b"\n\n", "note-invalid"),
    "no empty line": (changed("\n\n", "\n"), "base64-invalid"),
    "oversize": (FILE + b"x" * MAX_FILE, "proof-invalid"),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD.keys())
def test_bad_proof_files_are_refused(data, code):
    """tlog-proof "Format", each line; one byte form."""
    assert parse_proof(FILE).encode() == FILE
    with refused(code):
        parse_proof(data)


@given(st.data())
def test_a_changed_file_is_refused_or_proves_the_same(data):
    """Every byte counts: a changed file is refused at reading or at checking, or it is another good spelling of nothing
    (`extra` is unauthenticated by the format, and the checker compares it with nothing)."""
    at = data.draw(st.integers(0, len(FILE) - 1))
    wrong = FILE[:at] + bytes([FILE[at] ^ 1 << data.draw(st.integers(0, 7))]) + FILE[at + 1 :]
    try:
        proof = parse_proof(wrong)
        check_receipt(proof, LOG.entries[6], POLICY)
    except RemoteError:
        return
    assert replace(proof, entry=None).encode() == replace(PROOF, entry=None).encode()


def test_the_extra_line_is_never_trusted():
    """tlog-proof: "Applications MUST NOT implicitly trust the extra data"."""
    lying = replace(PROOF, entry=b"another entry")
    check_receipt(parse_proof(lying.encode()), LOG.entries[6], POLICY)
    with refused("inclusion-fails"):
        check_receipt(parse_proof(lying.encode()), b"another entry", POLICY)


# --- attacks ------------------------------------------------------------------------------------------------------


def test_a_receipt_for_a_smaller_tree_does_not_count():
    """Attack row "receipt for a smaller tree": receipt counts only if size > index; cosign n - 1."""
    log = Log.of(13)
    small = LogProof(12, tuple(log.tree.inclusion(12, 13)), log.checkpoint(12, ["ru-mirror"]))
    with refused("receipt-too-small", naming="entry 12"):
        check_receipt(small, log.entries[12], POLICY)
    exact = proof_of(log, 11, size=12)
    check_receipt(exact, log.entries[11], POLICY)
    with refused("receipt-too-small"):
        check_receipt(replace(exact, index=12), log.entries[12], POLICY)


def test_a_cosigner_line_is_no_receipt():
    """Attack row "cosigner signature passed as receipt": receipts only from role `mirror`; policies are separate."""
    with refused("quorum-missing"):
        check_receipt(proof_of(LOG, 6, ("ru-cosigner",)), LOG.entries[6], POLICY)
    with refused("quorum-missing"):
        check_receipt(proof_of(LOG, 6, ("ru-cosigner", "un-cosigner")), LOG.entries[6], POLICY)
    (only,) = check_receipt(proof_of(LOG, 6, ("un-cosigner", "ru-mirror")), LOG.entries[6], POLICY)
    assert only.key == MIRROR


def test_a_head_signed_by_its_log_alone_is_no_receipt():
    """Attack row "receipt withheld": without the mirror's line there is none."""
    with refused("quorum-missing", naming="nobody"):
        check_receipt(proof_of(LOG, 6, ()), LOG.entries[6], POLICY)


def test_a_policy_without_a_quorum_makes_no_receipts():
    """A file that holds under `quorum none` shows a logged entry, not that anybody received it."""
    open_policy = Policy(logs={log_key().name: [log_key()]})
    with refused("receipt-wrong-role"):
        check_receipt(proof_of(LOG, 6, ()), LOG.entries[6], open_policy)
    with refused("receipt-wrong-role"):
        check_receipt(PROOF, LOG.entries[6], receipt_policy([log_key()], []))


def test_the_receipt_of_another_entry_does_not_count():
    """The leaf is recomputed from the entry asked about."""
    for other in (7, 12):
        with refused("inclusion-fails"):
            check_receipt(PROOF, LOG.entries[other], POLICY)
    with refused("inclusion-fails"):
        check_receipt(replace(PROOF, index=7), LOG.entries[6], POLICY)


def test_the_receipt_of_another_log_does_not_count():
    """The same bytes told to two audiences have two logs and two receipts."""
    other = Log.of(13, "us.example/log/to-un")
    with refused("unknown-origin"):
        check_receipt(proof_of(other, 6), other.entries[6], POLICY)


def test_a_receipt_of_a_fork_does_not_count():
    """The mirror's line fits one root."""
    fork = Log.of(13, salt="fork ")
    forged = fork.checkpoint().with_lines([line(LOG.head(), "ru-mirror")])
    with refused("bad-signature"):
        check_receipt(replace(proof_of(fork, 6), checkpoint=forged), fork.entries[6], POLICY)


def test_two_lines_of_the_mirror_with_different_times_are_refused():
    """Attack row "two lines of one cosigner with different times": refused."""
    twice = PROOF.checkpoint.with_lines([line(LOG.head(), "ru-mirror", NOW + 60)])
    with refused("receipt-conflicting-times"):
        check_receipt(replace(PROOF, checkpoint=twice), LOG.entries[6], POLICY)


def test_any_one_current_mirror_key_makes_a_receipt():
    """At a change of keys two mirror keys are current; one line is enough, two are fine."""
    policy = receipt_policy([log_key()], [MIRROR, cosigner_key("ru-mirror-2")])
    for cosigners in (("ru-mirror",), ("ru-mirror-2",), ("ru-mirror", "ru-mirror-2")):
        assert len(check_receipt(proof_of(LOG, 6, cosigners), LOG.entries[6], policy)) == len(cosigners)
    with refused("quorum-missing"):
        check_receipt(proof_of(LOG, 6, ("ru-mirror-3",)), LOG.entries[6], policy)


def test_a_receipt_policy_can_be_given_to_an_auditor_as_a_file():
    """30-ledger: `detente verify` checks a proof offline against a tlog-policy file."""
    from detente.proof.policy import parse_policy

    for mirrors in ([MIRROR], [MIRROR, cosigner_key("ru-mirror-2")]):
        policy = receipt_policy([log_key(), log_key(label="log-2")], mirrors)
        assert parse_policy(policy.encode().encode()) == policy


def test_the_anchored_digest_covers_the_countersigned_head():
    """Attack row "receipt key stolen afterwards": what `receipts_held` anchors is head and lines, byte for byte."""
    assert PROOF.digest() == sha256_hex(PROOF.checkpoint.encode())
    assert PROOF.digest() == parse_proof(FILE).digest()
    later = parse_checkpoint(LOG.checkpoint(cosigners=["ru-mirror"], time_s=NOW + 1).encode())
    assert replace(PROOF, checkpoint=later).digest() != PROOF.digest()


def test_the_largest_entry_fits_a_proof_file():
    """An entry has at most 65,535 bytes; its base64 in `extra` fits the limit of the file."""
    log = Log.of(5).add([b"x" * 65_535, entry(6)])
    proof = proof_of(log, 5)
    assert parse_proof(proof.encode()) == proof
