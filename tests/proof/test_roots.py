"""Root documents: the chain of versions, thresholds, one key in one role (30-ledger "Keys", attack rows)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detente.model import canon
from detente.model.statement import payload_type
from detente.proof.envelope import seal
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, key_id
from detente.proof.roots import (
    PAYLOAD_TYPE,
    ROLES,
    KeyState,
    Role,
    Threshold,
    admit_together,
    digest_of,
    read_root,
    seal_root,
)
from tests.proof.builders import Party, change, digest, key, refused, signer

US = Party.of("us")
FIRST = US.sealed()
STATE = read_root(FIRST)


def without(*labels: str):
    """The keys of US without some."""
    gone = {signer(label).public for label in labels}
    return [k for k in US.root.keys if k.public not in gone]


def second(**changes):
    """Root 2 of US, following root 1."""
    fields = {"version": 2, "previous": STATE.digest, **changes}
    return change(US.root, **fields)


def signed(document, *labels: str) -> bytes:
    return seal_root(document, [signer(label) for label in labels])


def test_a_first_root_is_read():
    """Version 1, signed by the threshold of its own root keys; pinned by its digest in the terms."""
    assert STATE.document == US.root
    assert STATE.digest == digest_of(FIRST)
    assert STATE.publics("log") == [signer("us-log-node").public]
    assert [(k.name, k.type) for k in STATE.mirror_keys()] == [("us.example/log/mirror", TYPE_COSIGNATURE)]
    assert [(k.name, k.type) for k in STATE.cosigner_keys()] == [("us.example/log/cosigner", TYPE_COSIGNATURE)]
    assert [(k.name, k.type) for k in STATE.log_keys("us.example/log/to-ru")] == [("us.example/log/to-ru", TYPE_NOTE)]
    assert US.root.log_origin("ru") == "us.example/log/to-ru"
    assert STATE.holders("root").keys() == {
        key_id(signer(f"us-root-{a}").public) for a in ("defense", "state", "energy")
    }


def test_every_role_has_its_own_keys():
    """The document names five roles and each finds its own."""
    assert set(ROLES) == {"root", "log", "mirror", "cosigner", "release"}
    found = [public for role in ROLES for public in STATE.publics(role)]
    assert len(found) == len(set(found)) == len(US.root.keys)


def test_a_chain_of_versions_is_followed():
    """TUF: version n+1 is signed by the thresholds of n and of n+1 and names n. Here the keys turn over completely."""
    state = STATE
    agencies = ["defense", "state", "energy"]
    for version in range(2, 6):
        new = [f"us-root-{a}-{version}" for a in agencies]
        old = [f"us-root-{a}" + (f"-{version - 1}" if version > 2 else "") for a in agencies]
        keys = [key("us", "root", a, label) for a, label in zip(agencies, new, strict=True)]
        keys += [k for k in US.root.keys if k.role != "root"]
        data = signed(change(US.root, version=version, previous=state.digest, keys=keys), *old[:2], *new[1:])
        state = read_root(data, state)
        assert (state.document.version, state.digest) == (version, digest_of(data))
    assert len(state.roles_ever) == 4 + 3 * 5


# --- thresholds of n and n+1 --------------------------------------------------------------------------------------


def test_below_its_own_threshold_a_first_root_is_refused():
    """Two of three agencies must sign."""
    for agencies in (["defense"], ["energy"]):
        with refused("root-invalid", naming="1 of 2"):
            read_root(US.sealed(agencies))
    with refused("root-invalid"):
        read_root(signed(US.root, "stranger", "stranger-2"))
    with refused("root-invalid"):
        read_root(signed(US.root, "us-root-defense", "stranger"))
    read_root(US.sealed(["energy", "state"]))
    read_root(US.sealed(["energy", "state", "defense"]))


def test_two_keys_of_one_agency_are_one_signature():
    """30-ledger: threshold counts distinct keys and distinct agencies."""
    keys = [
        key("us", "root", "defense"),
        key("us", "root", "defense", "us-root-defense-b"),
        *without("us-root-defense"),
    ]
    document = change(US.root, keys=keys)
    with refused("root-invalid", naming="1 of 2"):
        read_root(signed(document, "us-root-defense", "us-root-defense-b"))
    read_root(signed(document, "us-root-defense", "us-root-defense-b", "us-root-state"))


def test_the_keys_of_other_roles_sign_no_root():
    """Not even two of them with one root key."""
    with refused("root-invalid"):
        read_root(signed(US.root, "us-release-defense", "us-log-node", "us-root-state"))


NEW_KEYS = [key("us", "root", a, f"us-root-{a}-2") for a in ("defense", "state", "energy")]
TURNED = second(keys=NEW_KEYS + without("us-root-defense", "us-root-state", "us-root-energy"))
OLD_TWO, NEW_TWO = ("us-root-defense", "us-root-state"), ("us-root-state-2", "us-root-energy-2")


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (OLD_TWO, "root 2"),
        (NEW_TWO, "root 1"),
        ((*OLD_TWO[:1], *NEW_TWO), "root 1"),
        ((*OLD_TWO, *NEW_TWO[:1]), "root 2"),
        ((*OLD_TWO[:1], *NEW_TWO[:1]), "root"),
    ],
    ids=["old only", "new only", "one old", "one new", "one of each"],
)
def test_a_new_root_needs_the_thresholds_of_old_and_new(labels, missing):
    """30-ledger: "Root statement as in TUF: version n+1 signed by thresholds of n and n+1"."""
    with refused("root-invalid", naming=f"not signed as {missing}"):
        read_root(signed(TURNED, *labels), STATE)
    assert read_root(signed(TURNED, *OLD_TWO, *NEW_TWO), STATE).document == TURNED


def test_the_old_threshold_is_the_old_one():
    """A new root cannot lower the threshold by which it is itself accepted, and must meet the one it raises."""
    lowered = second(thresholds=[Threshold(role="root", needed=1)])
    with refused("root-invalid", naming="not signed as root 1"):
        read_root(signed(lowered, "us-root-defense"), STATE)
    raised = second(thresholds=[Threshold(role="root", needed=3)])
    with refused("root-invalid", naming="not signed as root 2"):
        read_root(signed(raised, *OLD_TWO), STATE)
    assert read_root(signed(raised, *OLD_TWO, "us-root-energy"), STATE).document.threshold("root") == 3


def test_a_spoilt_signature_of_a_root_key_is_refused():
    """Even if enough others fit."""
    envelope = seal(
        PAYLOAD_TYPE, canon.encode(US.root), [signer(f"us-root-{a}") for a in ("defense", "state", "energy")]
    )
    other = seal(PAYLOAD_TYPE, canon.encode(second()), [signer(f"us-root-{a}") for a in ("defense", "state", "energy")])
    mixed = type(envelope)(envelope.payload, PAYLOAD_TYPE, [*envelope.signatures[:2], other.signatures[2]])
    with refused("root-invalid", naming="does not fit"):
        read_root(mixed.encode())


# --- the chain ----------------------------------------------------------------------------------------------------


def test_versions_follow_each_other_one_by_one():
    """No version skipped, repeated or taken back; the digest of the one before is named."""
    for version in (1, 3, 4, 1_000_000):
        with refused("root-invalid", naming=f"root {version} does not follow root 1"):
            read_root(signed(second(version=version), *OLD_TWO), STATE)
    for previous in (digest("another root"), None):
        with refused("root-invalid"):
            read_root(signed(second(previous=previous), *OLD_TWO), STATE)
    state = read_root(signed(second(), *OLD_TWO), STATE)
    with refused("root-invalid"):
        read_root(signed(second(), *OLD_TWO), state)
    with refused("root-invalid"):
        read_root(FIRST, state)


def test_the_digest_named_is_of_the_document_not_of_its_signatures():
    """Two audiences may hold the document with other sets of signatures; the next root must follow from both."""
    other_signatures = US.sealed(["defense", "energy"])
    assert digest_of(other_signatures) == STATE.digest
    assert read_root(signed(second(previous=digest_of(other_signatures)), *OLD_TWO), STATE).document.version == 2


def test_a_first_root_is_version_1_and_follows_none():
    """Without the pinned one nothing else is a beginning."""
    with refused("root-invalid", naming="version 2"):
        read_root(signed(second(), *OLD_TWO))
    with refused("root-invalid"):
        read_root(signed(change(US.root, previous=digest("x")), *OLD_TWO))


def test_a_root_stays_with_its_participant_and_name():
    """Nobody takes over another's logs by a root."""
    for changes in ({"participant": "ru"}, {"name": "us.example/other"}):
        with refused("root-invalid", naming="us"):
            read_root(signed(second(**changes), *OLD_TWO), STATE)


# --- one key, one role --------------------------------------------------------------------------------------------


def swapped(role: str, label: str):
    """Root 1 with the key of a role replaced by the key `label`."""
    keys = [k for k in US.root.keys if k.role != role]
    return [*keys, key("us", role, "node" if role != "release" else "defense", label)]  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["mirror", "cosigner", "log", "release"])
def test_one_key_in_two_roles_of_one_root_is_refused(role):
    """Attack row "one key in two roles (the Ed25519 message does not name the cosigner)": same key twice."""
    other = "us-log-node" if role != "log" else "us-mirror-node"
    document = change(US.root, keys=swapped(role, other))
    with refused("key-in-two-roles"):
        read_root(signed(document, *OLD_TWO))


def test_one_key_twice_in_one_role_is_refused():
    """Two agencies behind one key would be counted as two."""
    document = change(US.root, keys=[*US.root.keys, key("us", "root", "fourth", "us-root-state")])
    with refused("key-in-two-roles"):
        read_root(signed(document, *OLD_TWO))


@pytest.mark.parametrize(
    ("role", "label"),
    [
        ("mirror", "us-log-node"),
        ("cosigner", "us-mirror-node"),
        ("mirror", "us-cosigner-node"),
        ("log", "us-release-defense"),
    ],
)
def test_a_key_that_served_in_one_role_never_serves_in_another(role, label):
    """Attack row: "all public keys distinct over party, role, version": also after a version without it."""
    before = next(k.role for k in US.root.keys if k.public == signer(label).public)
    gone = read_root(signed(second(keys=swapped(before, f"{label}-new")), *OLD_TWO), STATE)
    assert signer(label).public not in [k.public for k in gone.document.keys]
    keys = [k for k in gone.document.keys if k.role != role]
    keys.append(key("us", role, "node", label))
    third = change(US.root, version=3, previous=gone.digest, keys=keys)
    with refused("key-in-two-roles", naming=f"a {role} key served as {before}"):
        read_root(signed(third, *OLD_TWO), gone)


def test_a_key_may_come_back_in_its_own_role():
    """Only another role, another party or a revocation bars it."""
    gone = read_root(signed(second(keys=swapped("mirror", "us-mirror-new")), *OLD_TWO), STATE)
    third = change(US.root, version=3, previous=gone.digest)
    assert read_root(signed(third, *OLD_TWO), gone).publics("mirror") == [signer("us-mirror-node").public]


@pytest.mark.parametrize("role", ["mirror", "cosigner", "log"])
def test_one_key_of_two_participants_is_refused(role):
    """Attack row: distinct over party. Also in the same role, and also if one of them has dropped it since."""
    ru = Party.of("ru")
    keys = [k for k in ru.root.keys if k.role != role]
    shared = read_root(
        signed(
            change(ru.root, keys=[*keys, key("ru", role, "node", "us-mirror-node")]), "ru-root-defense", "ru-root-state"
        )
    )
    admit_together([STATE, ru.state(), Party.of("un").state()])
    with refused("key-in-two-roles", naming="us mirror"):
        admit_together([STATE, Party.of("un").state(), shared])
    dropped = read_root(signed(second(keys=swapped("mirror", "us-mirror-new")), *OLD_TWO), STATE)
    with refused("key-in-two-roles"):
        admit_together([dropped, shared])


def test_the_same_participant_may_stand_at_two_places():
    """One state per log: the same owner of the same key is no conflict."""
    admit_together([STATE, STATE, read_root(signed(second(), *OLD_TWO), STATE)])


# --- revocation ---------------------------------------------------------------------------------------------------


def revoked(label: str, state: KeyState = STATE) -> KeyState:
    return state.revoke(key_id(signer(label).public))


def test_a_revoked_key_no_longer_speaks():
    """30-ledger: "`revoke`: a signature counts if its index precedes the revoke": after it the key has no role."""
    state = revoked("us-mirror-node")
    assert state.publics("mirror") == [] == state.mirror_keys()
    assert STATE.publics("mirror") == [signer("us-mirror-node").public], "the state before it is unchanged"
    assert state.publics("log") == STATE.publics("log")


def test_a_revoked_key_is_never_brought_back():
    """As named in the brief: neither by the next root nor by a later one."""
    state = revoked("us-mirror-node")
    with refused("key-revoked", naming="mirror"):
        read_root(signed(second(), *OLD_TWO), state)
    without_it = second(keys=swapped("mirror", "us-mirror-new"))
    state = read_root(signed(without_it, *OLD_TWO), state)
    third = change(US.root, version=3, previous=state.digest)
    with refused("key-revoked"):
        read_root(signed(third, *OLD_TWO), state)


def test_a_revoked_root_key_signs_no_further_root():
    """A stolen root key, once revoked, does not count towards the threshold of the root in force."""
    state = revoked("us-root-defense")
    keys = [key("us", "root", "defense", "us-root-defense-2"), *without("us-root-defense")]
    document = second(keys=keys)
    with refused("root-invalid", naming="not signed as root 1"):
        read_root(signed(document, "us-root-defense", "us-root-defense-2", "us-root-energy"), state)
    assert read_root(signed(document, "us-root-state", "us-root-energy"), state).document == document


def test_a_thief_of_one_revoked_key_cannot_take_over_under_a_threshold_of_one():
    """The same with one signature needed: the thief's own root is signed by the revoked key and by the thief's keys."""
    party = Party.of("us", needed=1, root_agencies=("defense", "state"))
    state = read_root(signed(party.root, "us-root-defense"))
    state = revoked("us-root-defense", state)
    keys = [k for k in party.root.keys if k.role != "root"] + [key("us", "root", "thief", "thief")]
    takeover = change(party.root, version=2, previous=state.digest, keys=keys)
    with refused("root-invalid"):
        read_root(signed(takeover, "us-root-defense", "thief"), state)


def test_only_a_key_of_this_participant_can_be_revoked():
    """A revocation of a stranger's key is refused; one of a key of an earlier root is not."""
    with refused("unknown-key"):
        revoked("ru-mirror-node")
    newer = read_root(signed(second(keys=swapped("mirror", "us-mirror-new")), *OLD_TWO), STATE)
    assert key_id(signer("us-mirror-node").public) in revoked("us-mirror-node", newer).revoked


# --- the document -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "public",
    [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32, b"\x02" + bytes(31)],
    ids=["y = 0", "neutral", "order 2", "non-canonical", "not on the curve"],
)
def test_a_root_with_a_bad_point_is_refused(public):
    """30-ledger: "Admit a key only if libsodium's valid-point check passes"."""
    keys = [*swapped("cosigner", "us-cosigner-node")[:-1], change_key(key("us", "cosigner", "node"), public)]
    with refused("key-not-admitted", naming="us cosigner"):
        read_root(signed(change(US.root, keys=keys), *OLD_TWO))


def change_key(entry, public):
    return type(entry)(public=public, role=entry.role, agency=entry.agency)


@pytest.mark.parametrize("role", ["root", "log", "mirror", "release"])
def test_every_needed_role_has_keys(role):
    """A participant that could not sign, log, receipt or release is no participant."""
    keys = [k for k in US.root.keys if k.role != role] + [key("us", "cosigner", "node", f"spare-{n}") for n in range(3)]
    with refused("root-invalid", naming=f"role {role}"):
        read_root(signed(change(US.root, keys=keys), *OLD_TWO))


def test_a_threshold_above_the_agencies_is_refused():
    """It could never be met again."""
    cases: list[tuple[int, Role]] = [(4, "root"), (2, "release")]
    for needed, role in cases:
        with refused("root-invalid", naming=f"role {role} needs {needed}"):
            read_root(signed(change(US.root, thresholds=[Threshold(role=role, needed=needed)]), *OLD_TWO))


def test_a_role_has_one_threshold():
    """Otherwise two readers could count by two."""
    twice = [Threshold(role="root", needed=2), Threshold(role="root", needed=1)]
    with refused("root-invalid", naming="two thresholds"):
        read_root(signed(change(US.root, thresholds=twice), *OLD_TWO))


def test_a_root_stands_under_its_own_payload_type():
    """Row "payload of one type verified as another": a root statement, a statement of a log, plain JSON."""
    for other in (payload_type("root"), payload_type("call"), "application/json"):
        data = seal(other, canon.encode(US.root), [signer(label) for label in OLD_TWO]).encode()
        with refused("wrong-payload-type"):
            read_root(data)


def test_a_root_with_a_field_nobody_knows_is_refused():
    """Closed schema."""
    import json

    fields = json.loads(canon.encode(US.root))
    for changed, code in (
        ({**fields, "zz": 1}, "unknown-field"),
        ({**fields, "version": 0}, "bad-field"),
        ({**fields, "version": 1.0}, "float"),
        ({**fields, "keys": fields["keys"][:3]}, "bad-field"),
        ({**fields, "keys": [{**fields["keys"][0], "role": "observer"}, *fields["keys"][1:]]}, "bad-field"),
    ):
        data = seal(PAYLOAD_TYPE, canon.encode(changed), [signer(label) for label in OLD_TWO]).encode()
        with refused(code):
            read_root(data)


def test_the_verifier_is_an_argument():
    """Adapters bring a verifier that uses both cores; the answers it gives are the ones used."""
    asked = []

    def refuse_all(checks):
        asked.extend(checks)
        return [False] * len(checks)

    with refused("root-invalid"):
        read_root(FIRST, verify_many=refuse_all)
    assert len(asked) == 2
    assert replace(STATE) == STATE
