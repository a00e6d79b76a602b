"""Keys of agencies and persons: small files their holders keep, never the node. And a node's first policy, which names two."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from detente.adapters.store_private import PrivateStore
from detente.errors import GivenError, LocalError
from detente.node.release.first import first_policy
from detente.proof.keys import SoftSigner

PERSONS = ("first", "second")
HAND_OUT = "hand-out"
"""The folder of a new node in which its two persons' keys lie until each has taken its own away."""


def make_agency_key(agency: str, path: Path) -> bytes:
    """Make a key file for its owner only; its public half. LocalError if the file is there."""
    seed = os.urandom(32)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"agency": agency, "seed": seed.hex()}, file)
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(path)) from error
    return SoftSigner(seed).public


def read_agency_key(path: Path) -> tuple[str, SoftSigner]:
    """Whose key it is, and the key."""
    try:
        content = json.loads(path.read_text())
        return str(content["agency"]), SoftSigner(bytes.fromhex(content["seed"]))
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise GivenError("file-invalid", "not a key file of an agency", where=str(path)) from error


def begin_policy(private: PrivateStore, code: str, folder: Path, persons: Sequence[str] = PERSONS) -> bytes:
    """A node's first policy, with a key file for each person in `folder`; LocalError if the node has a policy of its own."""
    if private.get("policy", "current") is not None:
        raise LocalError(
            "config-invalid", "this node has a release policy already; change it with detente policy propose"
        )
    if len(set(persons)) < 2:
        raise GivenError("bad-field", "a policy is changed by two persons: name two", where="--policy-person")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = {person: make_agency_key(person, folder / f"{person}.key") for person in persons}
    data = first_policy(code, keys)
    private.put("policy", "current", data)
    return data
