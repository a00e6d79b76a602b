"""A fork is proven by two signed heads that cannot both be of one history, and by nothing less (row "equivocation")."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.proof.checkpoint import Checkpoint, Head, sign_checkpoint
from detente.proof.evidence import ForkEvidence, check_fork, make_fork, read_fork
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_ML_DSA, VerifierKey
from detente.proof.note import Note
from tests.proof.builders import ORIGIN, Log, entry, log_key, refused, signer

KEY = log_key()


def forked(common: int, honest: int, lying: int) -> tuple[Log, Log]:
    """Two histories of one log with `common` entries in common."""
    ours = Log.of(common + honest)
    theirs = Log().add(ours.entries[:common]).add(entry(n, "fork ") for n in range(lying))
    return ours, theirs


def evidence_of(holding: Log, other: Log, larger_size: int, smaller_size: int) -> ForkEvidence:
    """What a party that holds the history `holding` can say against the head of `other`."""
    return make_fork(
        KEY,
        holding.checkpoint(larger_size),
        other.checkpoint(smaller_size),
        holding.tree.root(smaller_size),
        holding.tree.consistency(smaller_size, larger_size),
    )


@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 40), st.data())
def test_a_real_fork_is_proven_and_anyone_can_read_it(common, honest, lying, data):
    """Row "Equivocation. Two heads of one key at one size with different roots, or a failing consistency proof"."""
    ours, theirs = forked(common, honest, lying)
    smaller = data.draw(st.integers(common + 1, min(common + honest, common + lying)))
    larger = data.draw(st.integers(smaller, common + honest))
    evidence = evidence_of(ours, theirs, larger, smaller)
    again = read_fork(evidence.encode())
    assert again == evidence
    assert check_fork(again) == (ours.head(larger), theirs.head(smaller))


@given(st.integers(1, 60), st.data())
def test_an_honest_log_is_never_convicted(size, data):
    """Two heads of one history: whatever sizes, the file proves nothing."""
    log = Log.of(size)
    smaller = data.draw(st.integers(0, size))
    with refused("proof-invalid", naming="agree"):
        check_fork(evidence_of(log, log, size, smaller))


OURS, THEIRS = forked(5, 4, 4)
GOOD = evidence_of(OURS, THEIRS, 9, 7)
SAME_SIZE = evidence_of(OURS, THEIRS, 7, 7)


def test_a_fork_at_one_size_needs_no_proof():
    """The plainest case: one size, two roots."""
    assert SAME_SIZE.proof == []
    assert check_fork(SAME_SIZE) == (OURS.head(7), THEIRS.head(7))


def change(evidence: ForkEvidence, **fields: object) -> ForkEvidence:
    return msgspec.structs.replace(evidence, **fields)


def signed_by(label: str, log: Log, size: int) -> bytes:
    return sign_checkpoint(log.head(size), [signer(label)]).encode()


def resigned(checkpoint: Checkpoint) -> bytes:
    """A head with the right key's line, but over nothing."""
    (line,) = checkpoint.note.signatures
    return Note(checkpoint.note.text, (line._replace(value=bytes(64)),)).encode()


OTHER_LOG = Log.of(7, "us.example/log/to-un")
NOTHING = {
    "equal heads": evidence_of(OURS, OURS, 7, 7),
    "smaller head of another log": change(GOOD, smaller=OTHER_LOG.checkpoint().encode()),
    "larger head of another log": change(GOOD, larger=OTHER_LOG.checkpoint().encode()),
    "smaller head by a stranger": change(GOOD, smaller=signed_by("stranger", THEIRS, 7)),
    "larger head by a stranger": change(GOOD, larger=signed_by("stranger", OURS, 9)),
    "smaller head with a bad signature": change(GOOD, smaller=resigned(THEIRS.checkpoint(7))),
    "larger head with a bad signature": change(GOOD, larger=resigned(OURS.checkpoint(9))),
    "smaller head unsigned": change(GOOD, smaller=THEIRS.head(7).text().encode() + b"\n"),
    "smaller head no note": change(GOOD, smaller=b"junk"),
    "larger head empty": change(GOOD, larger=b""),
    "root made up": change(GOOD, root="00" * 32),
    "root of the smaller head": change(GOOD, root=THEIRS.tree.root(7).hex()),
    "no proof": change(GOOD, proof=[]),
    "a hash dropped": change(GOOD, proof=GOOD.proof[1:]),
    "a hash added": change(GOOD, proof=[*GOOD.proof, "00" * 32]),
    "a hash flipped": change(GOOD, proof=["00" * 32, *GOOD.proof[1:]]),
    "10,000 hashes": change(GOOD, proof=["00" * 32] * 10_000),
    "another size": change(GOOD, size=6),
    "size 0": change(GOOD, size=0),
    "heads swapped": change(GOOD, larger=GOOD.smaller, smaller=GOOD.larger, size=9),
    "one size, root made up": change(SAME_SIZE, root="00" * 32),
    "key of another log": change(GOOD, key=log_key("us.example/log/to-un").encode()),
    "key of another signer": change(GOOD, key=log_key(label="stranger").encode()),
    "key no vkey": change(GOOD, key="us.example"),
    "key with a wrong id": change(GOOD, key=KEY.encode().replace(f"{KEY.id:08x}", "00000000")),
    "key for cosignatures": change(GOOD, key=VerifierKey(ORIGIN, TYPE_COSIGNATURE, b"\x01" * 32).encode()),
    "key ML-DSA": change(GOOD, key=VerifierKey(ORIGIN, TYPE_ML_DSA, b"\x01" * 1312).encode()),
}


@pytest.mark.parametrize("evidence", NOTHING.values(), ids=NOTHING.keys())
def test_less_than_a_fork_proves_nothing(evidence):
    """check_fork's docstring: RemoteError if it proves nothing; the file comes from the one who accuses."""
    check_fork(GOOD)
    check_fork(SAME_SIZE)
    with pytest.raises(RemoteError) as caught:
        check_fork(evidence)
    assert type(caught.value) is RemoteError


@pytest.mark.parametrize("name", ["key ML-DSA", "key no vkey", "key with a wrong id"])
def test_a_key_that_cannot_be_read_is_named(name):
    """Not our own configuration is at fault here but the file."""
    if name != "key ML-DSA":
        with refused("proof-invalid", naming="key"):
            check_fork(NOTHING[name])
    else:
        with pytest.raises(RemoteError):
            check_fork(NOTHING[name])


def test_a_wrong_root_at_size_0_is_a_breach_too():
    """A signed head of no entries with another root than the empty one fits no history at all."""
    log = Log.of(3)
    absurd = sign_checkpoint(Head(ORIGIN, 0, b"\x01" * 32), [signer("log")])
    evidence = make_fork(KEY, log.checkpoint(), absurd, log.tree.root(0), [])
    assert check_fork(evidence)[1].size == 0


def test_evidence_can_be_kept_for_the_longest_origin():
    """An origin may have 200 characters; its vkey then has 254, and the file must still be readable."""
    origin = "us.example/" + "a" * (200 - len("us.example/"))
    ours, theirs = Log.of(3, origin), Log.of(3, origin, salt="fork ")
    evidence = make_fork(log_key(origin), ours.checkpoint(), theirs.checkpoint(), ours.tree.root(), [])
    assert check_fork(read_fork(evidence.encode())) == (ours.head(), theirs.head())


def test_countersigned_heads_convict_as_well():
    """What the other side's mirror signed stays in the file as it was."""
    evidence = make_fork(
        KEY,
        OURS.checkpoint(9, ["ru-mirror"]),
        THEIRS.checkpoint(7, ["un-cosigner"]),
        OURS.tree.root(7),
        OURS.tree.consistency(7, 9),
    )
    check_fork(read_fork(evidence.encode()))
    assert b"ru-mirror" in evidence.larger


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json-invalid"),
        (GOOD.encode() + b"\n", "json-not-canonical"),
        (GOOD.encode().replace(b'"size":7', b'"size":7.0'), "float"),
        (GOOD.encode().replace(b'"size":7', b'"size":7,"zz":1'), "unknown-field"),
        (GOOD.encode().replace(b'"size":7,', b""), "bad-field"),
    ],
)
def test_bad_evidence_files_are_refused(data, code):
    """One byte form, closed schema."""
    with refused(code):
        read_fork(data)
