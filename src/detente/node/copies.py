"""Heads of other participants' logs: is a newly offered head an honest extension, or the proof of a fork?

Shared by the mirror (which holds the entries) and the cosigner (which sees hashes only). Statuses as in C2SP
tlog-witness: 404 unknown log, 403 not signed by the log, 409 other size, 422 proof does not fit.
"""

from __future__ import annotations

from detente.errors import RemoteError
from detente.node.ports import HEAD_DOUBTED, Reply, SharedStore
from detente.proof.checkpoint import Checkpoint, check_log_signature, cosignatures, parse_checkpoint
from detente.proof.evidence import make_fork
from detente.proof.keys import TYPE_NOTE, VerifierKey
from detente.proof.lapse import make_lapse
from detente.proof.note import MAX_LINES
from detente.proof.roots import KeyState
from detente.proof.tree import EMPTY_ROOT, check_consistency, fold
from detente.proof.wire import TYPE_SIZE, TYPE_TEXT, AddCheckpoint


def behind(held: Checkpoint) -> Reply:
    """Our copy may be older than what we signed for, so we do not sign; the head is shown as its log signed it.

    Should its log have lost that head itself, its own signature is enough to bring it back.
    """
    return Reply(503, TYPE_TEXT, held.encode())


class EvidenceError(RemoteError):
    """A breach with the evidence file that proves it (kept by whoever catches this)."""

    def __init__(self, code: str, what: str, origin: str, name: str, data: bytes) -> None:
        super().__init__(code, what, where=origin)
        self.name = name
        self.data = data


class DoubtError(RemoteError):
    """A head signed by its log that its proof does not join to ours: a fork, perhaps, but nothing here proves it.

    Where the smaller head is a power of two long the forger's own proof leaves out its root at that size. So the head is
    kept, and held against our copy once that has grown to its size: then the two prove it, or clear it.
    """

    def __init__(self, error: RemoteError, checkpoint: Checkpoint) -> None:
        super().__init__(error.code, error.what, where=checkpoint.head.origin)
        self.checkpoint = checkpoint


class ForkError(EvidenceError):
    """Two histories under one log's own signature."""

    def __init__(self, what: str, origin: str, name: str, data: bytes) -> None:
        super().__init__("fork", what, origin, name, data)


class LapseError(EvidenceError):
    """A countersigner signed for less than it had signed for before."""

    def __init__(self, what: str, origin: str, name: str, data: bytes) -> None:
        super().__init__("receipt-time-backward", what, origin, name, data)


def lapse(key: VerifierKey, one: Checkpoint, other: Checkpoint) -> LapseError:
    """The refusal of a countersigner that went back, with its evidence file; the two heads in either order."""
    lines = [cosignatures(checkpoint, [key])[0] for checkpoint in (one, other)]
    if lines[0].time_s > lines[1].time_s:
        one, other, lines = other, one, lines[::-1]
    evidence = make_lapse(key, one, other)
    name = f"lapse-{key.name.replace('/', '-')}-{one.head.origin.replace('/', '-')}.json"
    words = (
        f"{key.name} signed for {lines[0].head.size} at second {lines[0].time_s} and for {lines[1].head.size} "
        f"at second {lines[1].time_s}; evidence in {name}"
    )
    return LapseError(words, one.head.origin, name, evidence.encode())


def keep_what_it_shows(store: SharedStore, origin: str, error: RemoteError) -> None:
    """Keep evidence that a refusal carries, or the smallest head that is in doubt. Call outside the undone part."""
    if isinstance(error, EvidenceError):
        store.add_evidence(error.name, error.data)
    elif isinstance(error, DoubtError):
        held, size = doubted_head(store, origin), error.checkpoint.head.size
        if held is None or size < held.head.size:
            store.set_head(origin, HEAD_DOUBTED, size, own_lines(error.checkpoint).encode())


def doubted_head(store: SharedStore, origin: str) -> Checkpoint | None:
    """The head of this log that awaits comparison, if there is one."""
    note = store.head(origin, HEAD_DOUBTED)
    return parse_checkpoint(note) if note else None


def drop_doubt(store: SharedStore, origin: str) -> None:
    """The head in doubt has been compared."""
    store.set_head(origin, HEAD_DOUBTED, 0, b"")


def log_keys_ever(state: KeyState, origin: str) -> list[VerifierKey]:
    """Every key that ever signed the log: a revoked or replaced key still convicts of a fork."""
    return [VerifierKey(origin, TYPE_NOTE, p) for p, (_, role) in state.roles_ever.items() if role == "log"]


def refusal_reply(error: RemoteError, size: int | None = None) -> Reply:
    """The HTTP answer for a refused request; the code is public, it follows from the peer's own bytes."""
    statuses = {
        "unknown-origin": 404,
        "unknown-key": 403,
        "bad-signature": 403,
        "wrong-size": 409,
        "stale-checkpoint": 409,
        "fork": 409,
        "consistency-fails": 422,
        "inclusion-fails": 422,
        "entry-mismatch": 422,
        "quota-exceeded": 429,
        "too-large": 413,
    }
    status = statuses.get(error.code, 400)
    if status == 409 and size is not None and error.code != "fork":
        return Reply(409, TYPE_SIZE, f"{size}\n".encode())
    return Reply(status, TYPE_TEXT, f"refused: {error.code}\n".encode())


def own_lines(checkpoint: Checkpoint) -> Checkpoint:
    """The head with its log's own lines only; their number is limited so that ours find room beside them."""
    origin = checkpoint.head.origin
    lines = tuple(line for line in checkpoint.note.signatures if line.name == origin)
    if len(lines) > MAX_LINES // 2:
        raise RemoteError("note-invalid", f"{len(lines)} lines of the log leave no room for ours", where=origin)
    return Checkpoint(checkpoint.head, checkpoint.note._replace(signatures=lines))


def check_offer(request: AddCheckpoint, log_keys: list[VerifierKey], held: Checkpoint | None) -> None:
    """RemoteError unless the offered head is signed by its log and extends the head we hold.

    A fork is refused with its evidence: two heads of one size, or a proof that by itself shows that the larger head
    has another history.
    """
    checkpoint = request.checkpoint
    check_log_signature(checkpoint, [key.public for key in log_keys])
    if held is None:
        if request.old != 0:
            raise RemoteError("wrong-size", f"offered from {request.old}; we hold nothing yet")
        check_consistency(0, checkpoint.head.size, EMPTY_ROOT, checkpoint.head.root, request.proof)
        return
    head, known = checkpoint.head, held.head
    if head.size == known.size and head.root != known.root:
        raise fork(log_keys, held, checkpoint, known.root, [])
    if request.old != known.size:
        raise RemoteError("wrong-size", f"offered from {request.old}; we hold {known.size}")
    if request.old == 0 or head.size == known.size:
        if request.proof:
            raise RemoteError("consistency-fails", "equal or empty heads need no proof")
        return
    try:
        check_consistency(request.old, head.size, known.root, head.root, request.proof)
    except RemoteError as error:
        try:
            part, whole = fold(0, request.old, head.size, known.root, request.proof)
        except RemoteError:  # the proof leads nowhere: it shows nothing of either history
            raise DoubtError(error, checkpoint) from None
        if whole == head.root and part != known.root:
            raise fork(log_keys, checkpoint, held, part, list(request.proof)) from None
        raise DoubtError(error, checkpoint) from None


def fork(
    log_keys: list[VerifierKey], larger: Checkpoint, smaller: Checkpoint, root: bytes, proof: list[bytes]
) -> ForkError:
    """The refusal of a fork, with its evidence file. `root` is the larger head's root at the smaller one's size."""
    signed_both = [key for key in log_keys if all(c.note.lines_by([key]) for c in (larger, smaller))]
    evidence = make_fork((signed_both or log_keys)[0], larger, smaller, root, proof)
    origin = smaller.head.origin
    name = f"fork-{origin.replace('/', '-')}.json"  # one file convicts a log; the first stands
    words = f"two histories under the log's own signature: {larger.head} and {smaller.head}; evidence in {name}"
    return ForkError(words, origin, name, evidence.encode())
