"""What went wrong, whose fault it is, and what to do next.

Every refusal in Detente is a `DetenteError` with a short code. The code's advice stands in `ADVICE`, once, so
that a log line, a command's message and a peer's answer agree. Three classes say whose fault it is:

* `LocalError`: our own node or its machine (a full disk, a restored backup, a missing key);
* `RemoteError`: the other side's bytes or conduct (a flipped byte, a fork, a wrong signature);
* `GivenError`: a file or argument a person handed to us, whoever made it.

Shape: code (kebab-case), what (one sentence, no trailing stop needed), where (file, log, entry, field), party.
"""

from __future__ import annotations

ADVICE: dict[str, str] = {
    # bytes and schema
    "json-invalid": "ask for the bytes again; they are not JSON",
    "json-not-canonical": "the sender must encode as docs/spec/statements.md says; one document has one byte form",
    "duplicate-key": "the sender must give each key once",
    "float": "the sender must use integers (1e-7 degrees, milliseconds)",
    "unknown-field": "the sender uses a field this version does not know: compare versions before anything else",
    "bad-field": "the sender must correct the named field",
    "bad-text": "the sender must remove the named character; text is NFC, Unicode 14, no control or format characters",
    "number-out-of-range": "the sender must keep integers between -(2^53-1) and 2^53-1",
    "too-large": "split it, or send the content by digest and log a `received` statement",
    "base64-invalid": "the sender must use padded standard base64 with zero tail bits",
    # envelopes and keys
    "envelope-invalid": "the sender must follow DSSE as docs/spec/statements.md narrows it",
    "unknown-kind": "compare versions; a kind nobody agreed on is never stored",
    "wrong-payload-type": "the sender must send each kind under its own payload type",
    "too-few-signatures": "the sender must collect the missing signatures and log the statement anew",
    "unknown-key": "the sender must sign with a key of its current root, or publish a new root first",
    "bad-signature": "ask for the entry again; if it stays so, call the other side by voice",
    "key-id-mismatch": "the sender must name each key by the SHA-256 of its raw bytes",
    "key-not-admitted": "make a new key: this one is not a point every library reads alike",
    "key-in-two-roles": "make a new key: one key serves one party, one role",
    "key-revoked": "the sender must use a key that is not revoked at this place in its log",
    "root-invalid": "the sender must publish a root signed by the thresholds of the old and the new root",
    "root-stale": "ask for the current root by voice; the one shown is older than the agreement allows",
    # notes, checkpoints, trees, proofs
    "note-invalid": "the sender must follow C2SP signed-note",
    "checkpoint-invalid": "the sender must follow C2SP tlog-checkpoint without extension lines",
    "unknown-origin": "check the terms file: this log is not among the logs agreed on",
    "wrong-origin": "the sender put a statement of one log into another; nothing of this batch was stored",
    "wrong-author": "the sender must name itself as author",
    "wrong-agreement": "compare agreement digests by voice before sending anything else",
    "wrong-size": "the sender must ask for our size and send from there",
    "stale-checkpoint": "the sender must send a head not older than the one we hold",
    "fork": "stop relying on this log, keep the evidence file, and raise it with the other side",
    "consistency-fails": "the sender must send a proof that fits both heads",
    "entry-mismatch": "ask for the entries again; they do not hash to the signed head",
    "inclusion-fails": "ask for the proof again; it does not lead to the signed head",
    "request-invalid": "the sender must follow C2SP tlog-witness and tlog-mirror",
    "proof-invalid": "ask for the proof file again",
    "policy-invalid": "correct the policy file at the named line (C2SP tlog-policy)",
    "quorum-missing": "collect the missing countersignatures, or verify under another policy",
    "tile-mismatch": "take the folder anew from its owner; this copy was changed or cut",
    "bundle-invalid": "ask for the bundle again",
    # receipts and time
    "receipt-too-small": "ask for a receipt over a head that covers the entry",
    "receipt-wrong-role": "ask for a receipt by the other side's mirror key",
    "receipt-conflicting-times": "keep both lines: one head, one key, one time",
    "receipt-time-off": "compare clocks by voice; the receipt's time is further off than the agreement allows",
    "receipt-time-backward": "keep it: a countersigning clock never runs back",
    "receipt-overdue": "call the other side; until it signs, clocks that would permit stay shut",
    "time-future": "compare clocks by voice; the statement claims a time still to come",
    "time-backward": "the sender must not date a statement before its own earlier one in the same log",
    "backdated": "keep it as evidence: a countersignature is older than a head the statement provably follows",
    "seen-fell": "the sender must name a head of ours not smaller than the one it named before",
    "seen-unknown": "the sender names a head of ours that we never signed: keep it as evidence",
    "seen-held-back": "the sender signed for more of our log than it admits to have seen: keep it as evidence",
    "quota-exceeded": "the sender must wait; beyond the agreed quota no receipt is due",
    "replay": "nothing to do: it was received before and changes nothing",
    "head-too-old": "get a newer head before relying on the absence of a statement",
    "heartbeat-missed": "call the other side; silence permits nothing and ends no protection",
    "mirror-lost-entry": "call the other side: its copy no longer holds what it signed for",
    # our own house
    "backup-restored": "wait for a fresh countersignature from the other side; the node signs nothing until then",
    "not-signing": "wait until the other side or a cosigner has answered, or use the voice form",
    "disk-full": "free space on the node's disk; what was receipted is kept, nothing new is signed meanwhile",
    "peer-dead": "call the other side; the node keeps trying and keeps everything it has to send",
    "peer-refuses": "compare with the other side by voice what both hold; it refuses this node's log, by the name given",
    "store-locked": "give the store key or passphrase; the private store cannot be read without it",
    "store-damaged": "move shared.db away and start the node: it takes its logs back from its mirrors",
    "gateway-barred": "the gateway process may open nothing of the private store; report this as a fault",
    "cannot-listen": "free the port, or name another in node.toml and tell the peer; the node keeps trying",
    "node-running": "stop the other process of this node first; two would sign two histories",
    "config-invalid": "correct the named line of the configuration",
    "demo-origin": "a production node never speaks under demo/: use other origins, or a scenario clock",
    "clock-invalid": "only a node with a scenario clock can be told the time, and never backwards",
    "no-ca": "give the listener the CA of its peer; without it the node does not start",
    "terms-invalid": "correct the named line of the terms file",
    "agreement-differs": "compare the named lines with the other side; sign only the same bytes",
    "not-adopted": "both parties must sign the same agreement and terms first",
    "not-released": "release the draft with the release key first; nothing leaves without it",
    "not-confirmed": "look at each warning; if the place is right all the same, repeat it with --confirmed CODE for each",
    "coarsen-refused": "give the field at a level its type can have, or leave it out; nothing finer leaves instead",
    "own-position": "nothing left; tell it coarser or later, or leave the place out, and look at `detente told`",
    "told-too-much": "nothing left; wait for a later slot, or tell it coarser: `detente told` shows what they can combine",
    "sensor-shown": "nothing left; tell it coarser, or tell what a second source saw: `detente account list` shows what is kept",
    "assets-invalid": "correct the named line of the file of own assets; nothing leaves before it can be read",
    "label-unmapped": "map this label in the release policy, which two persons sign, or give the draft one that is mapped",
    "policy-silent": "name the statement in the release policy, which two persons sign; until then it stays at home",
    "approvals-missing": "put the draft forward with `detente release`, and see there whose answers are missing",
    "approvals-failed": "ask the agencies named, change the draft, and put it forward again; it is kept",
    "approval-invalid": "ask the agency to answer the request as it is now, with its own key",
    "condition-invalid": "write the condition in the agreement's language, as for `when`; `detente check` knows its names",
    "release-policy-invalid": "correct the release policy at the named line; docs/reference/release-policy.md shows every key",
    "approvals-damaged": "stop and find out who wrote to private.db; the approvals log is not what was kept",
    "not-your-stop": "lift what you have raised; acknowledge, act on and answer what was said to you",
    "not-receipted": "ask its author to raise it by its node; what was heard by voice stops all the same, and is answered by voice",
    "area-file-invalid": "correct the file at the named feature or line",
    "edges-unstated": "ask who drew the area; give --edges geodesic, or --edges densify for lines drawn on a flat map",
    "operator-invalid": "correct the named part; `detente operator list` shows the posts of this node",
    "not-your-role": "ask a post that has the role, or the administrator; nothing was done",
    "form-expired": "go back, load the page again and repeat it; nothing was done",
    "no-desk": "adopt an agreement that uses the vocabulary named (docs/reference/vocabularies.md); this desk stays closed under this one",
    "too-many": "wait, or withdraw what is not needed; a bound of your own node stands in node.toml",
    "window-past": "give a window that begins later, with time for the other side to look",
    "version-back": "give the next version; a text of a lower one never takes the place of the one in force",
    "no-move": "look at `detente lists show` for what has been said of it, and say what fits its state",
    "words-differ": "read scope and reason again, slowly, and the words after it; until they fit, treat it as raised",
    "picture-differs": "compare `detente areas` on both sides, statement by statement; until the words fit, rely on no area",
    "unknown-name": "use one of the names listed",
    "file-unreadable": "check the path and the permissions",
    "file-invalid": "get the file again from its source",
    # places
    "coordinate-invalid": "write it as docs/reference/coordinates.md shows, from the source, not from a copy",
    "datum-missing": "ask the source for the datum; a wrong one moves a place by more than 100 m and nobody notices",
    "datum-unknown": "ask the source for the place on a datum listed",
    "grid-missing": "ask the source for the grid; Gauss-Krüger read as UTM moves a place by 1.6 km",
    "grid-unknown": "ask the source for the place on a grid listed",
    "place-unknown": "pick one of the places of the gazetteer, in either script",
    "shape-invalid": "correct the named part of the shape",
    "row-unusable": "correct the named row in the source; the others were taken",
    "node-unreachable": "start the node with `detente node --config FILE`, or check the folder given",
    "agreement-invalid": "correct the file at the named line",
    "said-invalid": "give the fields the agreement defines for this statement; `detente check` shows them",
    "record-invalid": "correct the record at the named line; docs/reference/record.md shows every field",
    "internal": "report this with the node's log; nothing receipted is lost",
}


MAX_SHOWN = 400


def _short(text: str) -> str:
    """What a peer sent may be quoted in a refusal, but not at any length: a refusal is logged and shown."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


class DetenteError(Exception):
    """A named refusal: `code` is a key of `ADVICE`; `where` a file, log, entry or field; `party` whom it concerns."""

    whose = "unknown"

    def __init__(self, code: str, what: str, *, where: str = "", party: str = "") -> None:
        what, where = _short(what), _short(where)
        super().__init__(code, what, where, party)
        self.code = code
        self.what = what
        self.where = where
        self.party = party

    def advice(self) -> str:
        """What to do next, one sentence."""
        return ADVICE[self.code]

    def fault(self) -> str:
        """Whose fault it is, in words."""
        return {"ours": "ours", "theirs": self.party or "the other side", "given": "the file or argument given"}[
            self.whose
        ]

    def at(self, where: str, party: str = "") -> DetenteError:
        """The same refusal with a place (and a party) filled in where they were still open."""
        self.where = _short(f"{where}: {self.where}" if self.where else where)
        self.party = self.party or party
        return self

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} [{self.code}; fault: {self.fault()}]. Next: {self.advice()}."


class LocalError(DetenteError):
    """Our own node, machine or operator is at fault; the other side need not know."""

    whose = "ours"


class RemoteError(DetenteError):
    """The other side's bytes or conduct are at fault; the refusal is logged and, for a fork, kept as evidence."""

    whose = "theirs"


class GivenError(DetenteError):
    """A file or argument handed to a command is at fault."""

    whose = "given"
