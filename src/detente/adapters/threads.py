"""Verifying many signatures at once on all cores. libsodium releases the interpreter lock while it works."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from detente.proof.keys import Check, VerifyMany, verify_each

_SMALL = 16
_TURN_SECONDS = 0.0002


def threaded_verifier(workers: int = 0) -> VerifyMany:
    """A `VerifyMany` on `workers` threads (0: one for each core, at most 8)."""
    count = workers or min(8, os.cpu_count() or 1)
    sys.setswitchinterval(_TURN_SECONDS)  # a verifying thread needs the interpreter for a moment after each signature
    pool = ThreadPoolExecutor(count, thread_name_prefix="verify")

    def verify_many(checks: Sequence[Check]) -> Iterable[bool]:
        if len(checks) < _SMALL or count == 1:
            return verify_each(checks)
        size = -(-len(checks) // count)
        parts = [checks[at : at + size] for at in range(0, len(checks), size)]
        return (answer for part in pool.map(verify_each, parts) for answer in part)

    return verify_many
