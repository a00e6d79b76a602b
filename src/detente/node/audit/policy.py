"""The two policy files of an exported log: receipts (the audience's mirror) and neutral cosigners, never mixed.

An export writes them in one form, so a changed byte shows even where the standard reads past it (a blank, a comment).
Whose keys they name is checked against root documents as soon as those are at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from detente.errors import GivenError, RemoteError
from detente.model.terms import LogTerms, Terms
from detente.node.audit.verdict import Findings, Folder
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, VerifierKey, key_id
from detente.proof.policy import Policy, parse_policy
from detente.proof.receipt import receipt_policy
from detente.proof.roots import KeyState

RECEIPT = "receipt-policy"
COSIGNER = "cosigner-policy"
FOLDER = "the folder's own policy"
GIVEN = "the policy given"


def keys_ever(state: KeyState, role: str, name: str, kind: int = TYPE_COSIGNATURE) -> list[VerifierKey]:
    """Keys of a role in this or an earlier root, so that old receipts stay checkable; without revoked ones.

    Log keys are kept even if revoked: their heads count up to the place of the revocation in the log, which `log`
    sees. A countersignature has no such place.
    """
    ever = [public for public, (_, held) in state.roles_ever.items() if held == role]
    kept = ever if role == "log" else [public for public in ever if key_id(public) not in state.revoked]
    return [VerifierKey(name, kind, public) for public in kept]


def policies(log: LogTerms, states: Mapping[str, KeyState], quorum: int) -> tuple[Policy, Policy]:
    """Receipt and cosigner policy of a log from the key states of its sender, its audience and its cosigners."""
    log_keys = keys_ever(states[log.sender], "log", log.origin, TYPE_NOTE)
    audience = states[log.audience]
    mirror = keys_ever(audience, "mirror", f"{audience.document.name}/mirror")
    neutral = {
        code: keys_ever(states[code], "cosigner", f"{states[code].document.name}/cosigner") for code in log.cosigners
    }
    return receipt_policy(log_keys, mirror), cosigner_policy(log_keys, neutral, quorum)


def cosigner_policy(log: Sequence[VerifierKey], neutral: Mapping[str, Sequence[VerifierKey]], quorum: int) -> Policy:
    """`quorum` of the neutral participants (all, if there are fewer), each by any one of its keys."""
    policy = Policy()
    for key in log:
        policy.logs.setdefault(key.name, []).append(key)
    members: list[str] = []
    for code, keys in neutral.items():
        names = [f"cosigner-{code}-{n}" for n in range(1, len(keys) + 1)] if len(keys) > 1 else [f"cosigner-{code}"]
        policy.witnesses |= dict(zip(names, keys, strict=False))
        if len(keys) > 1:
            policy.groups[f"cosigner-{code}"] = (1, names)
        members += [f"cosigner-{code}"] if keys else []
    if len(members) == 1:
        policy.quorum = members[0]
    elif members:
        policy.groups["quorum"] = (min(quorum, len(members)), members)
        policy.quorum = "quorum"
    return policy


def own_policy(folder: Folder, name: str) -> Policy:
    """A policy file of the folder itself, in the form an export writes; GivenError(policy-invalid) otherwise."""
    data = folder.read(name)
    if data is None:
        raise GivenError("policy-invalid", "is missing; give a policy with --policy", where=folder.at(name))
    policy = parse_policy(data, folder.at(name))
    form = policy
    if name == RECEIPT:
        form = receipt_policy(list(chain(*policy.logs.values())), list(policy.witnesses.values()))
    if form != policy or policy.encode().encode() != data:
        raise GivenError("policy-invalid", "is not in the form an export writes: it was changed", where=folder.at(name))
    return policy


def check_owners(
    folder: Folder,
    receipts: Policy,
    cosigners: Policy,
    log: LogTerms,
    terms: Terms,
    states: Mapping[str, KeyState],
    found: Findings,
) -> None:
    """Each key of the folder's policies is the right participant's in the right role; the quorum is the agreed one."""
    neutral = [states[code] for code in log.cosigners]
    for policy, owners, role, name in (
        (receipts, [states[log.audience]], "mirror", RECEIPT),
        (cosigners, neutral, "cosigner", COSIGNER),
    ):
        try:
            for key in chain(*policy.logs.values()):
                _check_key(key, [states[log.sender]], "log", log.origin)
            for key in policy.witnesses.values():
                _check_key(key, owners, role, "")
        except RemoteError as error:
            found.fail_as(error, folder.at(name))
    for state in (states[log.audience], *neutral):
        for key in chain(receipts.witnesses.values(), cosigners.witnesses.values()):
            if key.public in state.roles_ever and key_id(key.public) in state.revoked:
                who = state.document.participant
                found.remarks.append(f"{folder.base}: key {key.name}+{key.id:08x} of the policies was revoked by {who}")
    if receipts.quorum is None:
        found.fail("policy-invalid", f"asks for no receipt by {log.audience}", folder.at(RECEIPT))
    named = {
        state.document.participant: [k for k in cosigners.witnesses.values() if _owns(state, k, "cosigner")]
        for state in neutral
    }
    left_out = [
        state for state in neutral if not named[state.document.participant] and keys_ever(state, "cosigner", "")
    ]
    agreed = cosigner_policy(list(chain(*cosigners.logs.values())), named, terms.quorum)
    if left_out or cosigners != agreed:
        words = f"does not ask for {terms.quorum} of {', '.join(log.cosigners) or 'nobody'}, as the terms do"
        found.fail("policy-invalid", words, folder.at(COSIGNER))


def _owns(state: KeyState, key: VerifierKey, role: str) -> bool:
    return state.roles_ever.get(key.public) == (state.document.participant, role)


def _check_key(key: VerifierKey, owners: Sequence[KeyState], role: str, origin: str) -> None:
    for state in owners:
        if _owns(state, key, role) and key.name == (origin or f"{state.document.name}/{role}"):
            return
    names = ", ".join(state.document.participant for state in owners) or "nobody here"
    raise RemoteError("unknown-key", f"key {key.name}+{key.id:08x} is no {role} key of {names} by their root documents")
