"""The terms file: what the parties sign beside the agreement so that their nodes behave alike.

Participants and roles, the digest of each first root document, the logs and who countersigns them, and the numbers:
receipt due (delta), clock error, heartbeat, quorum and liars tolerated, quotas, minimum mirror index, verifier. Its
digest is SHA-256 of the raw file. Source: 05-resolutions 2; format: docs/reference/terms.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from detente.errors import GivenError
from detente.model.statement import sha256_hex
from detente.model.strict_yaml import read_yaml
from detente.model.when import read_duration

PACKAGE, MAX_ENTRY = 256, 65_535  # tlog-mirror and tlog-tiles: what cannot be divided on its way
ROLE_PARTY = "party"
ROLE_OTHER = "other"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9._-]{1,63}){1,4}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TOP = {
    "terms",
    "agreement",
    "verifier",
    "receipt_due",
    "clock_error",
    "heartbeat",
    "root_max_age",
    "quorum",
    "quota",
    "mirror_minimum_index",
    "participants",
    "logs",
}


@dataclass(frozen=True)
class Participant:
    """`role` is party (has a vote) or other (takes part without one); `root` digest of its first root document."""

    code: str
    name: str
    role: str
    root: str


@dataclass(frozen=True)
class LogTerms:
    """One log: who writes it, who mirrors and receipts it, which neutral cosigners see its hashes."""

    origin: str
    sender: str
    audience: str
    cosigners: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """The terms as read. Durations in ms; `quorum` cosigners must agree, more than the `liars` allowed for."""

    digest: str
    agreement: str
    receipt_due: int
    clock_error: int
    heartbeat: int
    root_max_age: int
    quorum: int
    liars: int
    quota_entries: int
    quota_bytes: int
    quota_per: int
    participants: dict[str, Participant] = field(default_factory=dict)
    logs: dict[str, LogTerms] = field(default_factory=dict)

    def parties(self) -> list[str]:
        """Codes of those with a vote, sorted."""
        return sorted(code for code, who in self.participants.items() if who.role == ROLE_PARTY)

    def log_between(self, sender: str, audience: str) -> LogTerms | None:
        """The log from one participant to another."""
        return self._between.get((sender, audience))

    @cached_property
    def _between(self) -> dict[tuple[str, str], LogTerms]:
        return {(log.sender, log.audience): log for log in self.logs.values()}

    def cosigned_by(self, code: str) -> list[LogTerms]:
        """Logs whose heads this participant countersigns as a neutral."""
        return [log for log in self.logs.values() if code in log.cosigners]


def read_terms(data: bytes, where: str = "terms") -> Terms:
    """Read and check a terms file; GivenError(terms-invalid) naming the key."""
    raw = read_yaml(data, where)
    top = _mapping(raw, _TOP, where, required=_TOP)
    if top["terms"] != "1":
        raise _wrong(where, "terms", f"version {top['terms']!r} is not known")
    if top["verifier"] != "libsodium":
        raise _wrong(where, "verifier", f"{top['verifier']!r} is not known; only libsodium decides here")
    if top["mirror_minimum_index"] != "0":
        raise _wrong(where, "mirror_minimum_index", "must be 0: what was signed for is kept whole")
    quorum = _mapping(top["quorum"], {"cosigners", "liars"}, f"{where} quorum", required={"cosigners", "liars"})
    quota = _mapping(top["quota"], {"entries", "bytes", "per"}, f"{where} quota", required={"entries", "bytes", "per"})
    participants = {
        code: _participant(code, item, f"{where} participants {code}")
        for code, item in _mapping(top["participants"], None, f"{where} participants").items()
    }
    logs = {
        origin: _log(origin, item, participants, f"{where} logs {origin}")
        for origin, item in _mapping(top["logs"], None, f"{where} logs").items()
    }
    terms = Terms(
        digest=sha256_hex(data),
        agreement=_text(top["agreement"], f"{where} agreement"),
        receipt_due=_duration(top["receipt_due"], f"{where} receipt_due"),
        clock_error=_duration(top["clock_error"], f"{where} clock_error"),
        heartbeat=_duration(top["heartbeat"], f"{where} heartbeat"),
        root_max_age=_duration(top["root_max_age"], f"{where} root_max_age"),
        quorum=_number(quorum["cosigners"], f"{where} quorum cosigners"),
        liars=_number(quorum["liars"], f"{where} quorum liars"),
        quota_entries=_number(quota["entries"], f"{where} quota entries"),
        quota_bytes=_number(quota["bytes"], f"{where} quota bytes"),
        quota_per=_duration(quota["per"], f"{where} quota per"),
        participants=participants,
        logs=logs,
    )
    _check(terms, where)
    return terms


def _check(terms: Terms, where: str) -> None:
    if not _NAME.fullmatch(terms.agreement):
        raise _wrong(where, "agreement", f"{terms.agreement[:60]!r} is not a name of small letters and digits")
    if len(terms.parties()) < 2:
        raise _wrong(where, "participants", "an agreement has at least two parties")
    if terms.quorum <= terms.liars:
        raise _wrong(where, "quorum", f"{terms.quorum} cosigners do not outnumber {terms.liars} liars")
    for log in terms.logs.values():
        if log.cosigners and len(log.cosigners) < terms.quorum:
            what = f"{terms.quorum} cosigners are asked for; {log.origin} names {len(log.cosigners)}"
            raise _wrong(where, "quorum", what)
    pairs = [(log.sender, log.audience) for log in terms.logs.values()]
    if len(set(pairs)) != len(pairs):
        raise _wrong(where, "logs", "two logs for one ordered pair")
    for sender in terms.participants:
        for audience in terms.participants:
            if sender != audience and (sender, audience) not in pairs:
                raise _wrong(where, "logs", f"no log from {sender} to {audience}")
    if min(terms.quota_per, terms.quota_entries, terms.quota_bytes) <= 0:
        raise _wrong(where, "quota", "entries, bytes and per must be above zero")
    if terms.quota_entries < PACKAGE or terms.quota_bytes < PACKAGE * MAX_ENTRY:
        raise _wrong(where, "quota", f"must let one package through: {PACKAGE} entries of {MAX_ENTRY} bytes")
    if terms.root_max_age < terms.heartbeat:
        raise _wrong(where, "root_max_age", "must not be shorter than the heartbeat that shows the root")
    if terms.heartbeat <= terms.receipt_due or min(terms.receipt_due, terms.heartbeat) <= 0:
        raise _wrong(where, "heartbeat", "must be longer than receipt_due, and both above zero")


def _wrong(where: str, key: str, what: str) -> GivenError:
    return GivenError("terms-invalid", what, where=f"{where} {key}")


def _mapping(value: Any, allowed: set[str] | None, where: str, required: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    if not isinstance(value, dict) or not value:
        raise GivenError("terms-invalid", "must be a mapping with at least one key", where=where)
    for key in value:
        if allowed is not None and key not in allowed:
            raise GivenError("terms-invalid", f"unknown key {key!r}; known: {', '.join(sorted(allowed))}", where=where)
    missing = sorted(required - set(value))
    if missing:
        raise GivenError("terms-invalid", f"missing: {', '.join(missing)}", where=where)
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not value.isprintable():
        raise GivenError("terms-invalid", "must be one line of text, at most 200 characters", where=where)
    return value


def _duration(value: Any, where: str) -> int:
    return read_duration(_text(value, where), where)


def _number(text: Any, where: str) -> int:
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,12}", text):
        raise GivenError("terms-invalid", f"{text!r} is not a whole number", where=where)
    return int(text)


def _participant(code: str, item: Any, where: str) -> Participant:
    keys = {"name", "role", "root"}
    value = _mapping(item, keys, where, required=keys)
    if not _CODE.fullmatch(code):
        raise GivenError("terms-invalid", f"{code!r} is not a code of small letters and digits", where=where)
    if value["role"] not in (ROLE_PARTY, ROLE_OTHER):
        raise GivenError("terms-invalid", f"role {value['role']!r} is neither party nor other", where=where)
    if not _DIGEST.fullmatch(str(value["root"])):
        raise GivenError("terms-invalid", "root must be the hex SHA-256 of the first root document", where=where)
    return Participant(code, _text(value["name"], f"{where} name"), value["role"], value["root"])


def _log(origin: str, item: Any, participants: dict[str, Participant], where: str) -> LogTerms:
    value = _mapping(item, {"from", "to", "cosigners"}, where, required={"from", "to"})
    if not _ORIGIN.fullmatch(origin) or {".", ".."} & set(origin.split("/")):
        raise GivenError("terms-invalid", f"{origin!r} is not a plain schema-less address", where=where)
    cosigners = value.get("cosigners", [])
    if not isinstance(cosigners, list):
        raise GivenError("terms-invalid", "cosigners must be a list", where=where)
    for code in (value["from"], value["to"], *cosigners):
        if not isinstance(code, str) or code not in participants:
            raise GivenError("terms-invalid", f"{code!r} is not a participant", where=where)
    if len({value["from"], value["to"], *cosigners}) != 2 + len(cosigners):
        raise GivenError("terms-invalid", "sender, audience and cosigners must be different", where=where)
    return LogTerms(origin, value["from"], value["to"], tuple(cosigners))
