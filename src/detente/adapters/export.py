"""Writing out what anybody needs to check a node's record offline: `export_node`.

    out/agreement.yaml, out/terms.yaml     the exact bytes
    out/roots/<code>.json                  first root documents, as signed
    out/logs/<us-to-ru>/                   one folder for each log held, our own and those we mirror (C2SP tlog-tiles)
        checkpoint                         newest head; its log's line, and each countersignature over exactly it
        tile/...                           hash tiles and entry bundles of that head
        receipt-policy, cosigner-policy    C2SP tlog-policy: whose lines count
        receipts/NNNNNN.tlog-proof         of the last entry signed for, and of what adopts, notifies or calls
    out/evidence/*                         as kept
    out/heads/<us-to-ru>/cosigned|doubted  signed heads of logs whose entries we do not hold, or doubt (see audit.heads)

An export holds what was said to each audience: hand the whole of it only to who may read all of it, or name the logs to
export. It is written beside its place and renamed, so a crash leaves the earlier export or none, never half of one.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from detente.adapters.store_shared import SqliteShared
from detente.errors import GivenError, LocalError
from detente.model.terms import LogTerms, Terms
from detente.node import timing
from detente.node.audit.heads import COSIGNED, DOUBTED, HEADS, keys_of_log
from detente.node.audit.policy import COSIGNER, RECEIPT, policies
from detente.node.audit.verdict import Progress, short_name
from detente.node.ports import HEAD_COSIGNED, HEAD_DOUBTED, HEAD_MIRROR, HEAD_OWN, StoredReceipt
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.keys import VerifierKey
from detente.proof.note import Note, NoteSignature
from detente.proof.policy import Policy
from detente.proof.receipt import LogProof
from detente.proof.roots import KeyState
from detente.proof.tiles import WIDTH, encode_bundle, tiles_of
from detente.proof.tree import Tree, leaf_hash

SHOWN_KINDS = ("offer", "signature", "participation", "notice", "call")
NEWEST = 8
"""Of each of these kinds at most so many receipts are written out: the newest."""
_OURS = re.compile(
    r"(agreement|terms)\.yaml|roots/[a-z0-9_-]+\.json|evidence/[^/]+|heads/[^/]+/(cosigned|doubted)"
    r"|logs/[^/]+/(checkpoint|(receipt|cosigner)-policy|receipts/[0-9]+\.tlog-proof|tile/.+)"
)
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,249}")


class Exported(NamedTuple):
    """Folders written under logs/, and how many entries they hold together."""

    logs: list[str]
    entries: int


def export_node(
    store: SqliteShared,
    terms: Terms,
    terms_bytes: bytes,
    agreement: bytes,
    roots: Mapping[str, bytes],
    key_states: Mapping[str, KeyState],
    out: Path,
    progress: Progress | None = None,
    logs: Collection[str] | None = None,
) -> Exported:
    """Write the export to `out`. `key_states`: everyone's keys as of now; `logs`: origins to export (all held).

    GivenError(file-unreadable) if `out` holds anything but an earlier export, LocalError(store-damaged) if entries do
    not give a head, LocalError(disk-full).
    """
    _check_place(out)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        exported = _write_all(store, terms, terms_bytes, agreement, roots, key_states, part, progress, logs)
        _put_in_place(part, out)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise LocalError("disk-full", f"the export cannot be written: {error.strerror}", where=str(out)) from error
        raise GivenError("file-unreadable", f"cannot be written: {error}", where=str(out)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return exported


def folder_names(origins: Sequence[str]) -> list[str]:
    """`us-to-ru` for each origin; the whole origin where two would share that name."""
    short = [short_name(origin) for origin in origins]
    names = zip(origins, short, strict=True)
    return [name if short.count(name) == 1 else origin.replace("/", "-") for origin, name in names]


def _check_place(out: Path) -> None:
    if not out.exists() and not out.is_symlink():
        return
    if out.is_symlink() or not out.is_dir():
        raise GivenError("file-unreadable", "exists and is no folder", where=str(out))
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_symlink() or (path.is_file() and not _OURS.fullmatch(name)):
            raise GivenError("file-unreadable", f"not empty and not an earlier export: it holds {name}", where=str(out))


def _put_in_place(part: Path, out: Path) -> None:
    if not out.exists():
        part.rename(out)
        return
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    out.rename(old)
    try:
        part.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_all(
    store: SqliteShared,
    terms: Terms,
    terms_bytes: bytes,
    agreement: bytes,
    roots: Mapping[str, bytes],
    key_states: Mapping[str, KeyState],
    part: Path,
    progress: Progress | None,
    logs: Collection[str] | None,
) -> Exported:
    _write(part / "agreement.yaml", agreement)
    _write(part / "terms.yaml", terms_bytes)
    for code, document in roots.items():
        _write(part / "roots" / f"{code}.json", document)
    for name, data in store.evidence():
        if not _SAFE.fullmatch(name):
            raise LocalError("store-damaged", f"evidence under the name {name[:80]!r}", where="evidence")
        _write(part / "evidence" / name, data)
    wanted = [log for log in terms.logs.values() if logs is None or log.origin in logs]
    with store.transaction():  # all heads of one instant: no statement names a head that the export lacks
        heads = [(log, store.head(log.origin, HEAD_OWN) or store.head(log.origin, HEAD_MIRROR)) for log in wanted]
    held = [(log, parse_checkpoint(note)) for log, note in heads if note is not None]
    total = sum(checkpoint.head.size for _, checkpoint in held)
    names = folder_names([log.origin for log, _ in held])
    done = 0
    for (log, checkpoint), name in zip(held, names, strict=True):
        if progress is not None:
            progress(done, total)
        _write_log(store, log, checkpoint, policies(log, key_states, terms.quorum), part / "logs" / name)
        done += checkpoint.head.size
    if progress is not None:
        progress(done, total)
    _write_heads(store, terms, key_states, wanted, part)
    return Exported(names, total)


def _write_heads(
    store: SqliteShared, terms: Terms, states: Mapping[str, KeyState], wanted: Sequence[LogTerms], part: Path
) -> None:
    names = dict(zip((log.origin for log in wanted), folder_names([log.origin for log in wanted]), strict=True))
    for log in wanted:
        for kind, file in ((HEAD_COSIGNED, COSIGNED), (HEAD_DOUBTED, DOUBTED)):
            note = store.head(log.origin, kind)
            if note:
                keys = list(chain(*keys_of_log(terms, log.origin, states)))
                checkpoint = _with_known_lines(parse_checkpoint(note), [], keys)
                if file == DOUBTED or len({line.name for line in checkpoint.note.signatures}) > 1:
                    _write(part / HEADS / names[log.origin] / file, checkpoint.encode())


def _write_log(
    store: SqliteShared, log: LogTerms, newest: Checkpoint, both: tuple[Policy, Policy], folder: Path
) -> None:
    receipts, cosigners = both
    head = newest.head
    tree = Tree()
    for tile in tiles_of(head.size):
        if tile.level < 0:
            start = tile.number * WIDTH
            entries = store.entries(log.origin, start, start + tile.width)
            tree.extend(map(leaf_hash, entries))
            _write(folder / tile.path(), encode_bundle(entries))
        else:
            _write(folder / tile.path(), tree.tile(tile.level, tile.number, tile.width))
    if tree.size != head.size or tree.root(head.size) != head.root:
        raise LocalError("store-damaged", f"the entries do not give the head of {head.size}", where=log.origin)
    rows = [row for row in store.receipts(log.origin) if row.size <= head.size]
    over = [parse_checkpoint(row.note) for row in rows if row.size == head.size]
    known = [*receipts.logs.get(log.origin, []), *receipts.witnesses.values(), *cosigners.witnesses.values()]
    _write(folder / "checkpoint", _with_known_lines(newest, over, known).encode())
    _write(folder / RECEIPT, receipts.encode().encode())
    _write(folder / COSIGNER, cosigners.encode().encode())
    for proof in _receipts(store, log.origin, head.size, tree, rows, receipts):
        _write(folder / "receipts" / f"{proof.index:06d}.tlog-proof", proof.encode())


def _with_known_lines(newest: Checkpoint, others: list[Checkpoint], keys: list[VerifierKey]) -> Checkpoint:
    """The head with one line of each known key, the earliest; whatever else a peer put into its note is left out."""
    lines: dict[VerifierKey, NoteSignature] = {}
    for checkpoint in (newest, *others):
        if checkpoint.head == newest.head:
            for key, line in checkpoint.note.lines_by(keys):
                lines.setdefault(key, line)
    return Checkpoint(newest.head, Note(newest.note.text, tuple(lines[key] for key in keys if key in lines)))


def _receipts(
    store: SqliteShared, origin: str, size: int, tree: Tree, rows: list[StoredReceipt], policy: Policy
) -> list[LogProof]:
    """A handful of receipts: of the last entry that is signed for, and of the newest statements of the kinds above."""
    by_time = sorted((r for r in rows if r.role == timing.MIRROR), key=lambda row: (row.size, row.time_s))
    sizes = [row.size for row in by_time]
    if not sizes:
        return []
    shown = {sizes[-1] - 1}
    for kind in SHOWN_KINDS:
        shown |= {row.entry for row in store.statements(kind, origin)[-NEWEST:]}
    keys = [*policy.logs.get(origin, []), *policy.witnesses.values()]
    proofs: list[LogProof] = []
    for index in sorted(shown):
        at = bisect_right(sizes, index)
        if at == len(sizes):
            continue
        checkpoint = parse_checkpoint(by_time[at].note)
        checkpoint = _with_known_lines(checkpoint, [], keys)
        if not any(key in policy.witnesses.values() for key, _ in checkpoint.note.lines_by(keys)):
            continue  # by a key revoked since: what it is still worth, the log itself says
        entry = store.entries(origin, index, index + 1)[0]
        path = tuple(tree.inclusion(index, checkpoint.head.size))
        proofs.append(LogProof(index, path, checkpoint, entry))
    return proofs
