"""A log folder that was cut, swapped, added to or given with the wrong policy; and one whose sender misbehaved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from detente.errors import GivenError
from detente.node.audit.policy import cosigner_policy
from detente.node.audit.verdict import Verdict
from detente.node.audit.verify import verify_folder
from detente.proof.checkpoint import Head, cosign, parse_checkpoint, sign_checkpoint
from detente.proof.keys import TYPE_COSIGNATURE, Check, SoftSigner, VerifierKey, key_id
from detente.proof.policy import parse_policy
from detente.proof.receipt import LogProof, receipt_policy
from detente.proof.tree import Tree, leaf_hash
from tests.audit.conftest import Held
from tests.audit.folders import (
    Files,
    adopted_world,
    check,
    entries_of,
    export,
    fails,
    flips,
    holds,
    load,
    log_folder,
    signed_head,
    talk,
    under,
)
from tests.sim.world import origin, seed


@pytest.fixture
def log(small: Held) -> Files:
    return under(small.files, "logs/us-to-ru/")


@pytest.fixture
def long(large: Held) -> Files:
    return under(large.files, "logs/us-to-ru/")


def size_of(log: Files) -> int:
    return parse_checkpoint(log["checkpoint"]).head.size


def without(files: Files, *names: str) -> Files:
    return {name: data for name, data in files.items() if name not in names and not name.startswith(names)}


def all_of(verdict: Verdict) -> str:
    return "\n".join([verdict.line, *verdict.details])


def exported(world, code: str, out: Path, name: str = "us-to-ru") -> Files:
    export(world, code, out / code)
    return under(load(out / code), f"logs/{name}/")


# what holds


def test_one_line_says_what_holds_and_by_whose_word(log: Files):
    verdict = holds(log, "us-to-ru: ", " statements count, signed for by ru at 2016-09-17 09:30:0")
    assert "nothing changed or left out below that head" in verdict.line
    assert "by the folder's own policy, root not pinned" in verdict.line
    assert "refused" not in verdict.line
    assert any("countersigned by un at " in line for line in verdict.details)


def test_terms_pin_the_root_and_a_policy_may_be_given(small: Held, log: Files):
    holds(log, "by the folder's own policy, root as pinned by the terms", terms=small.world.terms)
    given = parse_policy(log["receipt-policy"])
    holds(log, "signed for by ru", "by the policy given", policy=given)
    holds(without(log, "receipt-policy", "cosigner-policy"), "by the policy given", policy=given)


def test_under_a_cosigner_policy_the_words_are_others(log: Files):
    """A cosigner has seen a hash: it never signs for entries."""
    verdict = holds(log, "countersigned by un at", policy=parse_policy(log["cosigner-policy"]))
    assert "signed for by" not in verdict.line.replace("countersigned by", "")
    assert any("no receipt under the policy given" in line for line in verdict.details)


# tiles


@pytest.mark.parametrize(
    "kind", ["tile/entries/000", "tile/entries/001", "tile/entries/002", "tile/0/001", "tile/1/000"]
)
def test_a_missing_tile_is_named(long: Files, kind: str):
    name = next(name for name in long if name.startswith(kind))
    fails(without(long, name), name, "is missing")


@pytest.mark.parametrize("left", [0, 1, 3, 5_000, -1])
def test_a_cut_bundle_is_named_with_the_entry_it_breaks_off_at(long: Files, left: int):
    name = "tile/entries/001"
    verdict = fails({**long, name: long[name][:left]}, name, "cut off or changed at entry ", "from byte ")
    if left in (0, 1, 3):
        assert "at entry 256, from byte 0 on" in verdict.line
    if left == -1:
        assert "at entry 511," in verdict.line


def test_bytes_after_the_last_entry_are_named(long: Files):
    name = "tile/entries/000"
    fails({**long, name: long[name] + b"\0"}, name, "1 byte too many after the last entry")
    fails({**long, name: long[name] + b"\0\1x"}, name, "3 bytes too many after the last entry")


def test_swapped_bundles_are_both_named(long: Files):
    files = {**long, "tile/entries/000": long["tile/entries/001"], "tile/entries/001": long["tile/entries/000"]}
    verdict = fails(files, "tile/entries/000", "entry 0 (bytes 0 to ", "was changed")
    assert "tile/entries/001: entry 256 " in all_of(verdict)


def test_swapped_entries_are_both_named(log: Files):
    entries = entries_of(log)
    entries[4], entries[5] = entries[5], entries[4]
    name = next(name for name in log if name.startswith("tile/entries"))
    verdict = fails({**log, name: log_folder(entries, b"", {})[name]}, name, "entry 4 ")
    assert "entry 5 " in all_of(verdict)


def test_the_last_entry_dropped_from_its_bundle(long: Files):
    last = entries_of(long)[-1]
    name = next(name for name in long if name.startswith("tile/entries/002"))
    fails({**long, name: long[name][: -len(last) - 2]}, name, f"cut off or changed at entry {size_of(long) - 1}")


def test_the_last_entry_dropped_everywhere_but_in_the_head(long: Files):
    cut = log_folder(entries_of(long)[:-1], long["checkpoint"], long)
    name = f"tile/entries/002.p/{size_of(long) - 512}"
    fails(cut, name, f"the folder's tiles are of {size_of(long) - 1} entries, its head of {size_of(long)}")


def test_an_older_head_of_the_same_log(small: Held, log: Files):
    older = next(r for r in small.world.store("us").receipts(origin("us", "ru")) if 1 < r.size < size_of(log))
    fails(
        {**log, "checkpoint": older.note}, "checkpoint", f"the head is of {older.size} entries", "older than the folder"
    )


def test_an_older_head_with_tiles_cut_to_fit_is_given_away_by_the_receipts(small: Held, log: Files):
    older = next(r for r in small.world.store("us").receipts(origin("us", "ru")) if r.size == 7 and r.role == "mirror")
    cut = log_folder(entries_of(log)[:7], older.note, log)
    last = max(name for name in log if name.startswith("receipts/"))
    fails(cut, last, "the folder's head over 7: cut")
    # with those taken away too it is what was once exported: whole, below that head
    holds(without(cut, last), "us-to-ru: 7 entries", "nothing changed or left out below that head")


def test_added_tiles_are_refused_and_other_files_named(long: Files):
    for name in ("tile/entries/003", "tile/0/000.p/9", "tile/2/000.p/1", "tile/entries/000.p/12", "tile/x", "tile/0/7"):
        fails({**long, name: b"\0" * 32}, name, "nothing under the signed head covers this file")
    verdict = holds({**long, "read me.txt": b"hello", "sub/x": b""}, "us-to-ru: ")
    assert "read me.txt: no part of the log, not checked" in verdict.details
    assert "sub/x: no part of the log, not checked" in verdict.details


def test_older_narrower_tiles_of_the_same_tree_may_lie_there(long: Files):
    """A log that is served keeps its partial tiles for a while (C2SP tlog-tiles)."""
    old = log_folder(entries_of(long)[:300], b"", {})
    verdict = holds({**old, **long}, "us-to-ru: ")
    assert any("tile/0/001.p/44: an older, narrower tile of the same tree" in line for line in verdict.details)
    for data in flips(old["tile/entries/001.p/44"], 8, "old"):
        fails({**old, **long, "tile/entries/001.p/44": data}, "tile/entries/001.p/44", "nothing under the signed head")


def test_a_head_of_another_tree_is_the_heads_fault(small: Held, long: Files):
    entries = entries_of(long)
    entries[300] = entries[301]
    head = signed_head(small.world, "us", "ru", entries)
    fails({**long, "checkpoint": head.encode()}, "checkpoint", "agree with each other, not with the head")


def test_an_empty_folder_says_what_is_missing(log: Files):
    fails(without(log, "checkpoint"), "checkpoint", "is missing")


# policies


def test_wrong_policies(small: Held, log: Files):
    other = parse_policy(under(small.files, "logs/us-to-un/")["receipt-policy"])
    fails(log, "checkpoint", "is not in the policy", "unknown-origin", policy=other)
    stranger = VerifierKey(origin("us", "ru"), 1, SoftSigner(seed("stranger")).public)
    mirrors = list(parse_policy(log["receipt-policy"]).witnesses.values())
    fails(log, "checkpoint", "no current key of log", "unknown-key", policy=receipt_policy([stranger], mirrors))
    for name in ("receipt-policy", "cosigner-policy"):
        mixed = {**log, name: under(small.files, "logs/us-to-un/")[name]}
        fails(mixed, name, "is not of log demo/test/us/to-ru")
    own = parse_policy(log["receipt-policy"]).logs[origin("us", "ru")]
    nobody = VerifierKey("demo/test/ru/mirror", TYPE_COSIGNATURE, SoftSigner(seed("stranger")).public)
    policy = receipt_policy(own, [nobody])
    fails(log, "checkpoint", "neither this head nor a receipt in the folder meets the policy", policy=policy)


def test_lines_of_strangers(small: Held, log: Files):
    """Under a policy from outside they may stand; the export itself writes none."""
    checkpoint = parse_checkpoint(log["checkpoint"])
    spare = parse_checkpoint(under(small.files, "logs/us-to-un/")["checkpoint"]).note.signatures[-1]
    files = {**log, "checkpoint": checkpoint.with_lines([spare]).encode()}
    fails(files, "checkpoint", "a signature line of demo/test/un/mirror", "no policy here names")
    verdict = holds(files, "signed for by ru", policy=parse_policy(log["receipt-policy"]))
    assert "demo/test/un/mirror" in all_of(verdict)


def test_one_key_twice_in_a_note(log: Files):
    checkpoint = parse_checkpoint(log["checkpoint"])
    files = {**log, "checkpoint": checkpoint.with_lines(checkpoint.note.signatures[-1:]).encode()}
    fails(files, "checkpoint", "two lines of one key")


def test_a_policy_whose_log_key_no_root_names(small: Held, log: Files):
    """A folder made up as a whole but for the entries: the policy's own log key is not the sender's."""
    forger = SoftSigner(seed("forger"))
    entries = entries_of(log)
    head = parse_checkpoint(log["checkpoint"]).head
    mirror = VerifierKey("demo/test/ru/mirror", TYPE_COSIGNATURE, forger.public)
    line = cosign(head, mirror.name, forger, small.world.now // 1000)
    policy = receipt_policy([VerifierKey(head.origin, 1, SoftSigner(seed("forger", "log")).public)], [mirror])
    checkpoint = sign_checkpoint(head, [SoftSigner(seed("forger", "log"))]).with_lines([line])
    files = {
        **without(log_folder(entries, checkpoint.encode(), log), "receipts/"),
        "receipt-policy": policy.encode().encode(),
        "cosigner-policy": cosigner_policy([*policy.logs[head.origin]], {}, 1).encode().encode(),
    }
    fails(files, "checkpoint", "stands in no root of us in this log")


def test_missing_policies(log: Files):
    with pytest.raises(GivenError, match="give a policy with --policy"):
        check(without(log, "receipt-policy"))
    fails(without(log, "cosigner-policy"), "cosigner-policy", "is missing")


# signed how far


def test_a_tail_nobody_has_signed_for_yet(tmp_path: Path):
    world = adopted_world()
    world.cut("ru")
    before = world.house("us").ledgers[origin("us", "ru")].size
    talk(world, "us", "ru", 3)
    log = exported(world, "us", tmp_path)
    tail = size_of(log) - before
    verdict = holds(log, f"the first {before} signed for by ru at ", f"the last {tail} by nobody yet", "below the head")
    assert any("lacks its receipt quorum" in line for line in verdict.details)
    holds(log, "by nobody yet", "by the policy given", policy=parse_policy(log["receipt-policy"]))


def test_a_log_nobody_has_signed_for(small: Held, log: Files):
    """By its own policy that is no lie, and the line says it; a policy from outside asks for more."""
    entries = entries_of(log)
    bare = without(
        log_folder(entries, signed_head(small.world, "us", "ru", entries, mirror=False).encode(), log), "receipts/"
    )
    holds(bare, "signed for by nobody: only us vouches for it")
    policy = parse_policy(log["receipt-policy"])
    fails(bare, "checkpoint", "meets the policy", "quorum-missing", policy=policy)


# receipts


def test_receipts_that_do_not_belong(small: Held, log: Files):
    names = sorted(name for name in log if name.startswith("receipts/"))
    first, second = names[:2]
    fails({**log, first: log[second]}, first, "it is of entry 3 of demo/test/us/to-ru")
    fails({**log, "receipts/x.tlog-proof": log[first]}, "receipts/x.tlog-proof", "the name is not an entry's number")
    other = under(small.files, "logs/us-to-un/")[first]
    fails({**log, first: other}, first, "it is of entry 1 of demo/test/us/to-un")
    bare = b"\n".join(line for line in log[first].split(b"\n") if not line.startswith(b"extra "))
    fails({**log, first: bare}, first, "it does not carry its entry")


def test_a_receipt_over_another_history_is_a_fork_of_the_sender(small: Held, log: Files):
    entries = entries_of(log)[:5]
    entries[4] = entries[3]
    forked = signed_head(small.world, "us", "ru", entries)
    proof = LogProof(3, tuple(Tree(map(leaf_hash, entries)).inclusion(3, 5)), forked, entries[3])
    name = "receipts/000003.tlog-proof"
    fails({**log, name: proof.encode()}, name, "a signed head of another history", "[fork; fault: us]")


# the sender misbehaves: authentic, and named


def test_refused_entries_are_remarks(tmp_path: Path):
    world = adopted_world()
    ledger = world.house("us").ledgers[origin("us", "ru")]
    size = ledger.size
    with world.speaking("us"):
        ledger.append(
            [b"no statement at all", world.store("us").entries(ledger.origin, 4, 5)[0]],
            world.nodes["us"].signers["log"],
        )
        world.house("us").push.start()
    world.later(60_000)
    log = exported(world, "ru", tmp_path)
    verdict = holds(log, "us-to-ru: ", ", 2 refused, signed for by ru")
    assert any(f"entry {size} (unreadable) does not count" in line for line in verdict.details)
    assert any(f"entry {size + 1} (notice) does not count: said before" in line for line in verdict.details)
    reads = world.reads("ru", "us")
    assert f"{sum(read.counts for read in reads)} statements count" in verdict.line


def test_a_log_that_does_not_open_with_a_root(small: Held, log: Files):
    entries = entries_of(log)[1:]
    head = signed_head(small.world, "us", "ru", entries)
    files = without(log_folder(entries, head.encode(), log), "receipts/")
    verdict = holds(files, f"{len(entries)} entries, 0 statements count, {len(entries)} refused")
    assert any("does not open with a root document" in line for line in verdict.details)
    fails(files, next(n for n in files if n.startswith("tile/entries")), "the terms pin", terms=small.world.terms)


# keys change


def test_new_keys_of_sender_and_receiver(tmp_path: Path):
    world = adopted_world()
    world.rotate("us")
    talk(world, "us", "ru", 2)
    world.rotate("ru")
    talk(world, "us", "ru", 2)
    world.later(30 * 60_000)
    for code in ("us", "ru"):
        log = exported(world, code, tmp_path)
        holds(log, "signed for by ru at")
        assert len(parse_policy(log["receipt-policy"]).logs[origin("us", "ru")]) == 2
        assert len(parse_policy(log["receipt-policy"]).witnesses) == 2
        holds(load(tmp_path / code), f"export of {code}: ", terms=world.terms)
        first = min(name for name in log if name.startswith("receipts/"))
        for data in flips(log[first], 20, code):
            fails({**log, first: data}, first)


def test_a_revoked_key(tmp_path: Path):
    world = adopted_world()
    old = world.nodes["us"].signers["log"][0]
    world.rotate("us")
    world.say("us", "ru", "revoke", {"key": key_id(old.public), "reason": "lost"})
    world.later(30 * 60_000)
    log = exported(world, "ru", tmp_path)
    holds(log, "signed for by ru at")
    assert sum(name.startswith("receipts/") for name in log) > 3
    entries = entries_of(log)
    head = parse_checkpoint(log["checkpoint"]).head
    by_old = sign_checkpoint(head, [old]).encode()
    fails({**log, "checkpoint": by_old}, "checkpoint", "no current key of log demo/test/us/to-ru signed this head")
    # who stole the old key, and the receiver, make a receipt after the revocation
    line = cosign(head, "demo/test/ru/mirror", world.nodes["ru"].signers["mirror"][0], world.now // 1000)
    late = sign_checkpoint(head, [old]).with_lines([line])
    index = head.size - 1
    proof = LogProof(index, tuple(Tree(map(leaf_hash, entries)).inclusion(index, head.size)), late, entries[index])
    name = f"receipts/{index:06d}.tlog-proof"
    fails({**log, name: proof.encode()}, name, "is signed by a log key revoked before that")


# an export from a hostile hand must not hang or mislead the reader


def test_a_head_of_an_absurd_size(small: Held, log: Files):
    head = Head(origin("us", "ru"), 2**50, bytes(32))
    files = {**log, "checkpoint": sign_checkpoint(head, small.world.nodes["us"].signers["log"]).encode()}
    fails(files, "checkpoint", f"the head is of {2**50} entries", "the folder has fewer files than that")


def test_a_folder_that_changes_while_it_is_read(log: Files):
    name = next(name for name in log if name.startswith("tile/entries"))
    reads = 0

    def read(path: str) -> bytes | None:
        nonlocal reads
        reads += path == name
        data = log.get(path)
        return data.replace(b"payloadType", b"payloadTypo") if data and path == name and reads > 1 else data

    verdict = verify_folder(read, log.keys())
    assert not verdict.ok
    assert verdict.line.startswith(f"{name}: was changed while it was being read")


def test_every_signature_goes_through_the_verifier_given(log: Files):
    """Whoever has more cores brings a `verify_many`; if it says no, nothing counts."""
    told: list[int] = []

    def none(checks: Sequence[Check]) -> list[bool]:
        told.append(len(checks))
        return [False] * len(checks)

    verdict = holds(log, ", 0 statements count", verify_many=none)
    assert sum(told) == size_of(log)
    assert "refused" in verdict.line
