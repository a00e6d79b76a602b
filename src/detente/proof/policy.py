"""C2SP tlog-policy: which logs are known, and which countersignatures make a head believable.

Receipts (mirrors) and cosigners have separate policy files, so that a cosigner's line never passes as a receipt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from detente.errors import GivenError, RemoteError
from detente.proof.checkpoint import Checkpoint, Cosignature, check_log_signature, cosignatures
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_ML_DSA, TYPE_NOTE, VerifierKey

_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_ALLOWED = {9, 10, *range(0x20, 0x7F), *range(0x80, 0x100)}


@dataclass
class Policy:
    """Logs by origin, witnesses by name, groups, and the quorum (None: no countersignature needed)."""

    logs: dict[str, list[VerifierKey]] = field(default_factory=dict)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None

    def check(self, checkpoint: Checkpoint) -> list[Cosignature]:
        """RemoteError unless a listed log signed the head and the quorum countersigned it; the verified lines."""
        keys = self.logs.get(checkpoint.head.origin)
        if not keys:
            raise RemoteError("unknown-origin", f"log {checkpoint.head.origin} is not in the policy")
        check_log_signature(checkpoint, [key.public for key in keys])
        lines = cosignatures(checkpoint, [k for k in self.witnesses.values() if k.type == TYPE_COSIGNATURE])
        if self.quorum is not None and not self._holds(self.quorum, {line.key for line in lines}):
            names = ", ".join(sorted(line.key.name for line in lines)) or "nobody"
            raise RemoteError("quorum-missing", f"quorum {self.quorum} is not met; countersigned by {names}")
        return lines

    def _holds(self, name: str, signed: set[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in signed
        needed, members = self.groups[name]
        return sum(self._holds(member, signed) for member in members) >= needed

    def encode(self) -> str:
        """The policy as a file."""
        lines = [f"log {key.encode()}" for keys in self.logs.values() for key in keys]
        lines += [f"witness {name} {key.encode()}" for name, key in self.witnesses.items()]
        lines += [f"group {name} {needed} {' '.join(members)}" for name, (needed, members) in self.groups.items()]
        lines.append(f"quorum {self.quorum or 'none'}")
        return "\n".join(lines) + "\n"


def parse_policy(data: bytes, where: str = "policy") -> Policy:
    """Read a policy file; GivenError(policy-invalid) naming the line."""
    if any(byte not in _ALLOWED for byte in data):
        raise GivenError("policy-invalid", "a control character stands in the file", where=where)
    policy = Policy()
    quorum_seen = False
    for number, raw in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = raw.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        place = f"{where} line {number}"
        try:
            if words[0] == "quorum":
                if quorum_seen:
                    raise ValueError("a second quorum line")
                quorum_seen = True
                if len(words) != 2:
                    raise ValueError("a quorum line has one name")
                policy.quorum = None if words[1] == "none" else _known(policy, words[1])
            else:
                _read_line(policy, words, place)
        except ValueError as error:
            raise GivenError("policy-invalid", str(error), where=place) from error
    if not quorum_seen:
        raise GivenError("policy-invalid", "no quorum line", where=where)
    return policy


def _read_line(policy: Policy, words: list[str], place: str) -> None:
    if words[0] == "log" and len(words) in (2, 3):
        key = VerifierKey.decode(words[1], place)
        if key.type != TYPE_NOTE:
            raise ValueError(f"a log signs with type 0x01, not 0x{key.type:02x}")
        if any(key.public == other.public for keys in policy.logs.values() for other in keys):
            raise ValueError("the same log key twice")
        policy.logs.setdefault(key.name, []).append(key)
    elif words[0] == "witness" and len(words) in (3, 4):
        key = VerifierKey.decode(words[2], place)
        if key.type not in (TYPE_COSIGNATURE, TYPE_ML_DSA):
            raise ValueError(f"a witness signs with type 0x04, not 0x{key.type:02x}")
        if any(key.public == other.public for other in policy.witnesses.values()):
            raise ValueError("the same witness key twice")
        policy.witnesses[_fresh(policy, words[1])] = key
    elif words[0] == "group" and len(words) >= 4:
        members = [_known(policy, name) for name in words[3:]]
        used = [member for _, others in policy.groups.values() for member in others]
        if len(set(members)) != len(members) or set(members) & set(used):
            raise ValueError("a name is a member twice")
        needed = {"any": 1, "all": len(members)}.get(words[2]) or _number(words[2])
        if not 1 <= needed <= len(members):
            raise ValueError(f"{needed} of {len(members)} is no threshold")
        policy.groups[_fresh(policy, words[1])] = (needed, members)
    else:
        raise ValueError(f"unknown or incomplete line {words[0]!r}")


def _number(word: str) -> int:
    if not _NUMBER.fullmatch(word):
        raise ValueError(f"{word!r} is neither any, all nor a number")
    return int(word)


def _known(policy: Policy, name: str) -> str:
    if name not in policy.witnesses and name not in policy.groups:
        raise ValueError(f"{name!r} is not defined above this line")
    return name


def _fresh(policy: Policy, name: str) -> str:
    if name == "none" or name in policy.witnesses or name in policy.groups:
        raise ValueError(f"{name!r} is defined already")
    return name
