"""What never leaves: keys, drafts, the authorities' keys. Opened by the house process alone, encrypted at rest.

Each record is one XSalsa20-Poly1305 box (libsodium secretbox) with a fresh nonce; its place in the table is a keyed hash
of kind and name, so the file shows neither. Deleted records are overwritten (secure_delete). The store key comes from a
file readable by its owner only, or from a passphrase through argon2id; it reaches the process by an inherited descriptor.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import nacl.bindings as sodium
import nacl.pwhash
from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox

from detente.adapters.store_file import named_errors
from detente.errors import LocalError
from detente.model.statement import sha256_hex
from detente.proof.keys import SoftSigner
from detente.proof.roots import RootDocument

KEY_FILE = "store.key"


def make_store_key(folder: Path, passphrase: str = "") -> bytes:
    """Make the store key of a private folder; without a passphrase it lies in a file for its owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / KEY_FILE
    if path.exists():
        raise LocalError("config-invalid", "a store key is there already", where=str(path))
    if passphrase:
        salt = os.urandom(nacl.pwhash.argon2id.SALTBYTES)
        content = {"kind": "passphrase", "salt": salt.hex()}
        key = _derive(passphrase, salt)
    else:
        key = os.urandom(SecretBox.KEY_SIZE)
        content = {"kind": "file", "key": key.hex()}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
    return key


def load_store_key(folder: Path, passphrase: str = "") -> bytes:
    """The store key; LocalError(store-locked) if it cannot be had."""
    path = folder / KEY_FILE
    try:
        content = json.loads(path.read_text())
        if content["kind"] == "file":
            return bytes.fromhex(content["key"])
        if not passphrase:
            raise LocalError("store-locked", "the store key needs its passphrase", where=str(path))
        return _derive(passphrase, bytes.fromhex(content["salt"]))
    except (OSError, ValueError, KeyError) as error:
        raise LocalError("store-locked", f"the store key cannot be read: {error}", where=str(path)) from error


def _derive(passphrase: str, salt: bytes) -> bytes:
    limits = (nacl.pwhash.argon2id.OPSLIMIT_MODERATE, nacl.pwhash.argon2id.MEMLIMIT_MODERATE)
    return nacl.pwhash.argon2id.kdf(SecretBox.KEY_SIZE, passphrase.encode(), salt, *limits)


class PrivateStore:
    """Encrypted records by kind and name."""

    def __init__(self, folder: Path, key: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "private.db"
        self._box = SecretBox(key)
        self._place_key = blake2b(b"detente private place", key=key, digest_size=32, encoder=RawEncoder)
        with named_errors("private"):
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            os.chmod(self.path, 0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS record(place BLOB PRIMARY KEY, box BLOB NOT NULL) WITHOUT ROWID"
            )
        if self.get("check", "key") is None:
            self.put("check", "key", b"1")

    def close(self) -> None:
        """Close the file and fold the write-ahead log into it."""
        self._db.close()

    def _place(self, kind: str, name: str) -> bytes:
        return blake2b(f"{kind}\n{name}".encode(), key=self._place_key, digest_size=32, encoder=RawEncoder)

    def _open(self, box: bytes) -> tuple[str, str, bytes]:
        try:
            plain = self._box.decrypt(box)
        except CryptoError as error:
            raise LocalError(
                "store-locked", "the store key does not fit this private store", where=str(self.path)
            ) from error
        kind, name, data = plain.split(b"\n", 2)
        return kind.decode(), name.decode(), data

    def put(self, kind: str, name: str, data: bytes) -> None:
        """Keep a record, replacing one of the same kind and name."""
        box = self._box.encrypt(f"{kind}\n{name}\n".encode() + data)
        with named_errors("private"):
            self._db.execute("INSERT OR REPLACE INTO record VALUES(?,?)", (self._place(kind, name), bytes(box)))

    def put_many(self, kind: str, records: Mapping[str, bytes]) -> None:
        """Keep several records of one kind, by name, in one transaction."""
        boxes = [
            (self._place(kind, name), bytes(self._box.encrypt(f"{kind}\n{name}\n".encode() + data)))
            for name, data in records.items()
        ]
        with named_errors("private"):
            self._db.execute("BEGIN")
            try:
                self._db.executemany("INSERT OR REPLACE INTO record VALUES(?,?)", boxes)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def get(self, kind: str, name: str) -> bytes | None:
        """A record, or None; LocalError(store-locked) under a wrong key."""
        row = self._db.execute("SELECT box FROM record WHERE place=?", (self._place(kind, name),)).fetchone()
        if row is None:
            if kind == "check" and self._db.execute("SELECT 1 FROM record LIMIT 1").fetchone():
                raise LocalError("store-locked", "the store key does not fit this private store", where=str(self.path))
            return None
        return self._open(row[0])[2]

    def names(self, kind: str) -> list[str]:
        """Names of all records of a kind, sorted."""
        opened = (self._open(row[0]) for row in self._db.execute("SELECT box FROM record"))
        return sorted(name for found, name, _ in opened if found == kind)

    def delete(self, kind: str, name: str) -> None:
        """Overwrite and remove a record, in the file and in its write-ahead log."""
        with named_errors("private"):
            self._db.execute("DELETE FROM record WHERE place=?", (self._place(kind, name),))
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def shred(self, records: Sequence[tuple[str, str]]) -> None:
        """Remove records and write the file anew, so that neither it nor its write-ahead log holds a byte of them.

        What the file system or the disk keeps beneath the file is out of reach (docs/limits.md).
        """
        if not records:
            return
        with named_errors("private"):
            self._db.executemany("DELETE FROM record WHERE place=?", [(self._place(*each),) for each in records])
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def put_seed(self, seed: bytes) -> bytes:
        """Keep a signing key under its public half; the public half."""
        public = sodium.crypto_sign_seed_keypair(seed)[0]
        self.put("seed", sha256_hex(public), seed)
        return public

    def publics(self) -> list[bytes]:
        """The public half of every signing key kept, those given up too."""
        seeds = [self.get("seed", name) or b"" for name in self.names("seed")]
        return [sodium.crypto_sign_seed_keypair(seed)[0] for seed in seeds]

    def signers(self, document: RootDocument) -> dict[str, Sequence[SoftSigner]]:
        """Signers for every key of a root document whose private half is here; LocalError if a role has none."""
        found: dict[str, list[SoftSigner]] = {}
        for entry in document.keys:
            seed = self.get("seed", sha256_hex(entry.public))
            if seed is not None:
                found.setdefault(entry.role, []).append(SoftSigner(seed))
        for role in ("log", "mirror", "cosigner", "release"):
            if not found.get(role):
                raise LocalError("store-locked", f"no private key for role {role} in this store", where=str(self.path))
        return dict(found)


def high_water_boot() -> str:
    """An id of this run of the machine; empty where the system gives none (then every start asks the others)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class HighWaterFile:
    """`node.ports.HighWater` as a small file beside the private store. `begun` is kept with the keys, in the store."""

    def __init__(self, path: Path, *, begun: bool = False) -> None:
        self._path = path
        self.begun = begun
        self._boot = high_water_boot()
        self._marked: dict[str, tuple[int, str]] | None = None

    def read(self) -> dict[str, tuple[int, str]]:
        """The marked heads; empty if unreadable or of another run of the machine."""
        try:
            content = json.loads(self._path.read_text())
            if not self._boot or content["boot"] != self._boot:
                return {}
            return {origin: (int(size), str(root)) for origin, (size, root) in content["heads"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def mark(self, heads: dict[str, tuple[int, str]]) -> None:
        """Replace the mark. Not synced: it has to outlive this process, not the machine (docs/decisions/0004).

        A mark that cannot be written is removed, which takes no room: then the next start asks the others.
        """
        if heads == self._marked:
            return
        temporary = self._path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps({"boot": self._boot, "heads": heads}))
            os.replace(temporary, self._path)
            self._marked = dict(heads)
        except OSError:
            self._marked = None
            temporary.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
