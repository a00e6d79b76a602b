"""Signed heads of logs whose entries are not in the export: what its node countersigned, and what it doubts.

    heads/<us-to-ru>/cosigned     the newest head of a log between two others, with this node's line
    heads/<us-to-ru>/doubted      a head its log signed and its proof did not join to the one held

A head alone shows what its log signed. Held against the log itself, or against what another node holds, it convicts
a log of two histories; so where the export has the log, the two are compared here.
"""

from __future__ import annotations

from collections.abc import Mapping

from detente.errors import DetenteError, RemoteError
from detente.model.terms import Terms
from detente.node.audit.policy import keys_ever
from detente.node.audit.verdict import Findings, Folder, short_name
from detente.proof.checkpoint import Checkpoint, check_log_signature, cosignatures, parse_checkpoint
from detente.proof.keys import TYPE_NOTE, VerifierKey
from detente.proof.roots import KeyState
from detente.proof.tree import Tree

HEADS, COSIGNED, DOUBTED = "heads", "cosigned", "doubted"


def keys_of_log(terms: Terms, origin: str, states: Mapping[str, KeyState]) -> tuple[list[VerifierKey], ...]:
    """The keys that ever signed a log, and those of its cosigners that are not revoked."""
    log = terms.logs[origin]
    neutral = [
        key
        for code in log.cosigners
        if code in states
        for key in keys_ever(states[code], "cosigner", f"{states[code].document.name}/cosigner")
    ]
    return keys_ever(states[log.sender], "log", origin, TYPE_NOTE), neutral


def check_heads(
    folder: Folder, terms: Terms, states: Mapping[str, KeyState], trees: Mapping[str, Tree], found: Findings
) -> None:
    """Each file under heads/ is what its name says; `trees`: the logs in the export, by origin."""
    for path in sorted(name for name in folder.names if name.startswith(f"{HEADS}/")):
        try:
            checkpoint = parse_checkpoint(folder.get(path))
            found.notes.append(f"{path}: {_checked(path, checkpoint, terms, states, trees)}")
        except DetenteError as error:
            found.fail_as(error, path)


def _checked(
    path: str, checkpoint: Checkpoint, terms: Terms, states: Mapping[str, KeyState], trees: Mapping[str, Tree]
) -> str:
    head = checkpoint.head
    log = terms.logs.get(head.origin)
    what = path.rpartition("/")[2]
    if log is None or log.sender not in states:
        raise RemoteError("unknown-origin", f"{head.origin} is not a log of these terms")
    named = (short_name(head.origin), head.origin.replace("/", "-"))
    if path not in {f"{HEADS}/{name}/{each}" for name in named for each in (COSIGNED, DOUBTED)}:
        raise RemoteError("wrong-origin", f"holds a head of {head.origin}")
    log_keys, neutral = keys_of_log(terms, head.origin, states)
    check_log_signature(checkpoint, [key.public for key in log_keys])
    lines = cosignatures(checkpoint, neutral)
    known = {(key.name, key.id) for key in [*log_keys, *neutral]}
    if any((line.name, line.key_id) not in known for line in checkpoint.note.signatures):
        raise RemoteError("unknown-key", "carries a line that is neither of the log nor of its cosigners")
    if what == COSIGNED and not lines:
        raise RemoteError("quorum-missing", "is countersigned by nobody")
    words = f"{head}, countersigned by {' and '.join(line.key.name for line in lines)}" if lines else f"{head}, doubted"
    tree = trees.get(head.origin)
    if tree is None or tree.size < head.size:
        return f"{words}; its entries are not in this export"
    if tree.root(head.size) != head.root:
        raise RemoteError("fork", f"{head} is signed by its log and is not of the history in this export")
    return f"{words}; of the history in this export"
