"""The terms file: what both sides sign beside the agreement (05-resolutions 2)."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
import yaml

from detente.errors import GivenError
from detente.model.terms import read_terms
from tests.proof.builders import digest, refused

FIELDS: dict[str, Any] = {
    "terms": "1",
    "agreement": "syria-2016-09-09",
    "verifier": "libsodium",
    "receipt_due": "60s",
    "clock_error": "30s",
    "heartbeat": "10min",
    "root_max_age": "24h",
    "quorum": {"cosigners": "1", "liars": "0"},
    "quota": {"entries": "10000", "bytes": "100000000", "per": "24h"},
    "mirror_minimum_index": "0",
    "participants": {
        code: {"name": code.upper(), "role": role, "root": digest(code)}
        for code, role in (("us", "party"), ("ru", "party"), ("un", "other"))
    },
    "logs": {
        f"{a}.example/log/to-{b}": {"from": a, "to": b, "cosigners": [c]}
        for a, b, c in (
            ("us", "ru", "un"),
            ("ru", "us", "un"),
            ("us", "un", "ru"),
            ("un", "us", "ru"),
            ("ru", "un", "us"),
            ("un", "ru", "us"),
        )
    },
}


def file(fields: dict[str, Any] = FIELDS) -> bytes:
    return yaml.safe_dump(fields, sort_keys=False).encode()


def changed(path: str, value: Any) -> bytes:
    """The file with one value changed, or taken out (None)."""
    fields = copy.deepcopy(FIELDS)
    *parents, last = path.split(".") if "/" not in path else path.split("|")
    at = fields
    for name in parents:
        at = at[name]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return file(fields)


def test_the_terms_are_read():
    """Numbers of the agreement in ms; parties by their vote; one log per ordered pair."""
    terms = read_terms(file())
    assert terms.digest == hashlib.sha256(file()).hexdigest()
    assert (terms.receipt_due, terms.clock_error, terms.heartbeat) == (60_000, 30_000, 600_000)
    assert (terms.quorum, terms.liars, terms.quota_entries, terms.quota_per) == (1, 0, 10_000, 86_400_000)
    assert terms.parties() == ["ru", "us"]
    between = terms.log_between("us", "ru")
    assert between is not None
    assert (between.origin, between.cosigners) == ("us.example/log/to-ru", ("un",))
    assert terms.log_between("us", "us") is None
    assert [log.sender for log in terms.cosigned_by("un")] == ["us", "ru"]


def test_the_digest_is_of_the_raw_file():
    """05-resolutions 2: adoption signs the SHA-256 of the raw file: a space more is another file."""
    assert read_terms(file() + b"\n").digest != read_terms(file()).digest


LOG = "logs|us.example/log/to-ru"
BAD = {
    **{f"no {name}": (changed(name, None), name) for name in FIELDS},
    "unknown key": (changed("weapon", "x"), "weapon"),
    "unknown version": (changed("terms", "2"), "terms"),
    "another verifier": (changed("verifier", "openssl"), "verifier"),
    "a minimum index": (changed("mirror_minimum_index", "100"), "mirror_minimum_index"),
    "agreement a sentence": (changed("agreement", "the text"), "agreement"),
    "agreement a list": (changed("agreement", ["x"]), "agreement"),
    "duration without unit": (changed("receipt_due", "60"), "receipt_due"),
    "duration a list": (changed("receipt_due", ["60s"]), "receipt_due"),
    "duration a mapping": (changed("heartbeat", {"a": "60s"}), "heartbeat"),
    "duration in days": (changed("root_max_age", "1d"), "root_max_age"),
    "heartbeat not above receipt_due": (changed("heartbeat", "60s"), "heartbeat"),
    "receipt due at once": (changed("receipt_due", "0s"), "heartbeat"),
    "quorum a number": (changed("quorum", "1"), "quorum"),
    "quorum without liars": (changed("quorum.liars", None), "liars"),
    "quorum not above the liars": (changed("quorum.liars", "1"), "liars"),
    "quorum negative": (changed("quorum.cosigners", "-1"), "cosigners"),
    "quorum in Arabic digits": (changed("quorum.cosigners", "\u0661"), "cosigners"),
    "quorum a list": (changed("quorum.cosigners", ["1"]), "cosigners"),
    "quota of a float": (changed("quota.entries", "1.5"), "entries"),
    "quota below a package of entries": (changed("quota.entries", "255"), "quota"),
    "quota below a package of bytes": (changed("quota.bytes", "16776959"), "quota"),
    "root_max_age below the heartbeat": (changed("root_max_age", "599s"), "root_max_age"),
    "quorum above the cosigners of a log": (changed("quorum.cosigners", "2"), "quorum"),
    "participants a list": (changed("participants", ["us"]), "participants"),
    "no participants": (changed("participants", {}), "participants"),
    "participant a word": (changed("participants.us", "x"), "us"),
    "participant with another field": (changed("participants.us.rank", "1"), "rank"),
    "participant without root": (changed("participants.us.root", None), "root"),
    "role unknown": (changed("participants.us.role", "observer"), "observer"),
    "role a list": (changed("participants.us.role", ["party"]), "us"),
    "root no digest": (changed("participants.us.root", digest("us").upper()), "root"),
    "root a list": (changed("participants.us.root", [digest("us")]), "root"),
    "name a list": (changed("participants.us.name", ["US"]), "us"),
    "one party": (changed("participants.ru.role", "other"), "two parties"),
    "log missing": (changed(LOG, None), "no log from us to ru"),
    "log twice": (changed("logs|other.example/log/to-ru", {"from": "us", "to": "ru"}), "two logs"),
    "log a word": (changed(LOG, "x"), "to-ru"),
    "log of a stranger": (changed(f"{LOG}|from", "cn"), "cn"),
    "log of a list": (changed(f"{LOG}|from", ["us"]), "to-ru"),
    "log to itself": (changed(f"{LOG}|to", "us"), "different"),
    "cosigned by its sender": (changed(f"{LOG}|cosigners", ["us"]), "different"),
    "cosigned by a stranger": (changed(f"{LOG}|cosigners", ["cn"]), "cn"),
    "cosigned twice by one": (changed(f"{LOG}|cosigners", ["un", "un"]), "different"),
    "cosigners a word": (changed(f"{LOG}|cosigners", "un"), "list"),
    "cosigners of lists": (changed(f"{LOG}|cosigners", [["un"]]), "to-ru"),
    "origin with space": (changed("logs|us example/log", {"from": "us", "to": "ru"}), "us example"),
    "origin with a step up": (changed("logs|us.example/../log", {"from": "us", "to": "ru"}), "us.example/../log"),
    "no YAML": (b"[", "terms"),
    "a list": (b"- a", "terms"),
    "empty": (b"", "terms"),
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("quota.entries", "256"),
        ("quota.bytes", "16776960"),
        ("root_max_age", "600s"),
        (f"{LOG}|cosigners", None),
    ],
)
def test_terms_at_their_bounds_are_read(path, value):
    """A log without cosigners has no quorum to meet; one with cosigners must be able to meet it."""
    assert read_terms(changed(path, value)).parties() == ["ru", "us"]


@pytest.mark.parametrize(("data", "naming"), BAD.values(), ids=BAD.keys())
def test_bad_terms_are_refused_by_name(data, naming):
    """80-style: what and where; the file is at fault, nothing crashes."""
    with refused("terms-invalid", GivenError, naming=naming):
        read_terms(data)
