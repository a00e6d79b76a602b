"""Writing an export, and checking a whole one: terms, roots, keys, logs and evidence held against each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detente.adapters.export import export_node, folder_names
from detente.adapters.export_folder import keys_as_of_now
from detente.adapters.store_shared import SqliteShared
from detente.errors import GivenError, LocalError
from detente.model.terms import read_terms
from detente.node.audit.policy import cosigner_policy
from detente.proof.checkpoint import Head, cosign, parse_checkpoint, sign_checkpoint
from detente.proof.evidence import make_fork
from detente.proof.keys import TYPE_COSIGNATURE, SoftSigner, VerifierKey, key_id
from detente.proof.policy import parse_policy
from detente.proof.receipt import receipt_policy
from detente.proof.wire import AddCheckpoint
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
    save,
    talk,
    under,
)
from tests.sim.world import AGREEMENT, World, origin, out, root_for, seed, signers_for, terms_text

LOG = "logs/us-to-ru/"


def without(files: Files, *prefixes: str) -> Files:
    return {name: data for name, data in files.items() if not name.startswith(prefixes)}


# writing


def test_what_an_export_holds(small: Held):
    names = set(small.files)
    assert small.files["agreement.yaml"] == AGREEMENT
    assert small.files["terms.yaml"] == small.world.terms_bytes
    assert {name for name in names if name.startswith("roots/")} == {f"roots/{c}.json" for c in ("us", "ru", "un")}
    assert {name.split("/")[1] for name in names if name.startswith("logs/")} == {
        "us-to-ru",
        "us-to-un",
        "ru-to-us",
        "un-to-us",
    }
    assert {name.split("/")[3] for name in names if name.startswith(LOG + "tile/")} == {"entries", "0"}
    receipts = [name for name in names if name.startswith(LOG + "receipts/")]
    kinds = {
        row.entry
        for k in ("offer", "signature", "notice")
        for row in small.world.store("us").statements(k, origin("us", "ru"))
    }
    assert {int(Path(name).name[:6]) for name in receipts} == kinds | {small.size() - 1}


@pytest.mark.parametrize("code", ["us", "ru", "un"])
def test_every_node_s_export_holds(small: Held, tmp_path: Path, code: str):
    told: list[tuple[int, int]] = []
    exported = export(small.world, code, tmp_path / code, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, exported.entries)
    assert told[-1] == (exported.entries, exported.entries)
    told.clear()
    files = load(tmp_path / code)
    holds(files, f"export of {code}: 4 of the terms' 6 logs", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (exported.entries, exported.entries)


def test_only_the_logs_asked_for(small: Held, tmp_path: Path):
    """What was said to one receiver need not be shown to another."""
    exported = export(small.world, "us", tmp_path / "x", logs=[origin("us", "ru"), origin("ru", "us")])
    assert exported.logs == ["us-to-ru", "ru-to-us"]
    holds(load(tmp_path / "x"), "2 of the terms' 6 logs")


def test_an_earlier_export_is_replaced_and_nothing_else(small: Held, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    export(small.world, "us", out)
    export(small.world, "ru", out)
    assert load(out).keys() == load_ru(small, tmp_path).keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "ru"]
    (out / "logs" / "notes.txt").write_text("mine")
    with pytest.raises(GivenError, match=r"not an earlier export: it holds logs/notes\.txt"):
        export(small.world, "us", out)
    assert (out / "logs" / "notes.txt").read_text() == "mine"
    (out / "logs" / "notes.txt").unlink()
    (out / "logs" / "elsewhere").symlink_to(tmp_path)
    with pytest.raises(GivenError, match="not an earlier export"):
        export(small.world, "us", out)
    (tmp_path / "file").write_text("x")
    with pytest.raises(GivenError, match="is no folder"):
        export(small.world, "us", tmp_path / "file")


def load_ru(small: Held, tmp_path: Path) -> Files:
    export(small.world, "ru", tmp_path / "ru")
    return load(tmp_path / "ru")


def test_a_damaged_store_leaves_the_earlier_export(small: Held, tmp_path: Path):
    out = tmp_path / "out"
    export(small.world, "us", out)
    before = load(out)
    world = adopted_world()
    world.store("us")._db.execute("UPDATE entry SET data = x'00' WHERE place = (SELECT max(place) FROM entry)")
    with pytest.raises(LocalError, match="do not give the head") as caught:
        export(world, "us", out)
    assert caught.value.code == "store-damaged"
    assert load(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(small: Held, tmp_path: Path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(GivenError, match="cannot be written"):
        export(small.world, "us", tmp_path / "closed" / "out")


def test_a_full_disk(small: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LocalError) as caught:
        export(small.world, "us", tmp_path / "out")
    assert caught.value.code == "disk-full"
    assert list(tmp_path.iterdir()) == []


def test_folder_names():
    assert folder_names(["demo/test/us/to-ru", "a.example/ru/to-us"]) == ["us-to-ru", "ru-to-us"]
    assert folder_names(["a.example/us/to-ru", "b.example/us/to-ru"]) == ["a.example-us-to-ru", "b.example-us-to-ru"]


# causes come first


def test_terms_given_from_outside(small: Held):
    verdict = holds(small.files, "as given)", terms=small.world.terms)
    assert "compare" not in verdict.line
    other = read_terms(terms_text(small.world.roots, heartbeat="11min"))
    fails(small.files, "terms.yaml", f"the terms given have {other.digest[:12]}", terms=other)


def test_terms_that_nobody_signed(small: Held):
    other = terms_text(small.world.roots, heartbeat="11min")
    fails({**small.files, "terms.yaml": other}, "terms.yaml", "us-to-ru entry ", " signs terms ")


def test_before_adoption_the_terms_hang_on_their_digest(tmp_path: Path):
    world = World()
    export(world, "us", tmp_path / "us")
    verdict = holds(load(tmp_path / "us"), "compare this digest")
    assert "terms.yaml: nobody signs it in these logs" in verdict.details


def test_another_agreement(small: Held):
    fails(
        {**small.files, "agreement.yaml": AGREEMENT.replace(b"24h", b"12h")}, "agreement.yaml", "the logs speak under"
    )


@pytest.mark.parametrize("name", ["agreement.yaml", "terms.yaml", "roots/un.json"])
def test_missing_files(small: Held, name: str):
    fails(without(small.files, name), name, "is missing")


def test_no_logs(small: Held):
    fails(without(small.files, "logs/"), "logs", "holds no log")
    few = holds(without(small.files, "logs/us-to-un/", "logs/un-to-us/"), "export: 2 of the terms' 6 logs")
    assert few.ok


def test_roots_of_others(small: Held):
    swapped = {**small.files, "roots/ru.json": small.files["roots/un.json"]}
    fails(swapped, "roots/ru.json", "it is the root of un")
    other = root_for("ru", signers_for("ru", 7))
    fails({**small.files, "roots/ru.json": other}, "roots/ru.json", "the terms pin")


def test_folders_under_other_names(small: Held):
    files = without(small.files, LOG, "logs/ru-to-us/")
    files |= {f"logs/ru-to-us/{name}": data for name, data in under(small.files, LOG).items()}
    fails(files, "logs/ru-to-us/checkpoint", "this folder holds log demo/test/us/to-ru")
    files = {**small.files, **{f"logs/again/{name}": data for name, data in under(small.files, LOG).items()}}
    fails(files, "logs/again/checkpoint", "this folder holds log demo/test/us/to-ru")


def test_a_missing_policy(small: Held):
    fails(without(small.files, LOG + "receipt-policy"), LOG + "receipt-policy", "is missing")


def test_files_beside_are_named(small: Held):
    verdict = holds({**small.files, "notes.txt": b"x", "logs/y": b"x"}, "export of us")
    assert {"notes.txt: no part of the export, not checked", "logs/y: no part of the export, not checked"} <= set(
        verdict.details
    )


# keys


def test_a_receiver_made_up_as_a_whole(small: Held):
    """A countersigner of the forger's own making, in policy and note alike: the root documents give it away."""
    log = under(small.files, LOG)
    forger = SoftSigner(seed("forger"))
    checkpoint = parse_checkpoint(log["checkpoint"])
    mine = VerifierKey("demo/test/ru/mirror", TYPE_COSIGNATURE, forger.public)
    own = parse_policy(log["receipt-policy"]).logs[origin("us", "ru")]
    line = cosign(checkpoint.head, mine.name, forger, small.world.now // 1000)
    kept = [line for line in checkpoint.note.signatures if "mirror" not in line.name]
    note = checkpoint.note._replace(signatures=(*kept, line))
    forged = {
        **without(log, "receipts/"),
        "checkpoint": note.encode(),
        "receipt-policy": receipt_policy(own, [mine]).encode().encode(),
    }
    holds(forged, "signed for by ru", "root not pinned")  # alone, nothing contradicts it, and the line says so
    files = without(small.files, LOG) | {LOG + name: data for name, data in forged.items()}
    fails(files, LOG + "receipt-policy", "is no mirror key of ru by their root documents")


def test_a_receipt_policy_that_asks_for_nothing(small: Held):
    own = parse_policy(small.files[LOG + "receipt-policy"]).logs[origin("us", "ru")]
    files = {
        **without(small.files, LOG + "receipts/"),
        LOG + "receipt-policy": receipt_policy(own, []).encode().encode(),
    }
    fails(files, LOG + "checkpoint", "which no policy here names")
    bare = sign_checkpoint(parse_checkpoint(files[LOG + "checkpoint"]).head, small.world.nodes["us"].signers["log"])
    files[LOG + "checkpoint"] = bare.encode()
    files[LOG + "cosigner-policy"] = cosigner_policy(own, {}, 1).encode().encode()
    verdict = fails(files, LOG + "receipt-policy", "asks for no receipt by ru")
    assert any("cosigner-policy: does not ask for 1 of un" in line for line in verdict.details)


def test_two_cosigners_or_none(tmp_path: Path):
    for between in ("", "un"):
        world = adopted_world(between=between)
        export(world, "ru", tmp_path / f"x{between}")
        files = load(tmp_path / f"x{between}")
        holds(files, "all signed for")
        assert files[LOG + "cosigner-policy"].decode().endswith(f"quorum {'cosigner-un' if between else 'none'}\n")
    keys = [VerifierKey(f"x/{n}/cosigner", TYPE_COSIGNATURE, SoftSigner(seed(str(n))).public) for n in range(4)]
    log = VerifierKey("x/us/to-ru", 1, SoftSigner(seed("log")).public)
    policy = cosigner_policy([log], {"a": keys[:2], "b": keys[2:3], "c": keys[3:]}, 2)
    assert parse_policy(policy.encode().encode()) == policy
    head = Head(log.name, 0, bytes(32))
    signed = sign_checkpoint(head, [SoftSigner(seed("log"))])

    def lines(*numbers: int):
        return signed.with_lines([cosign(head, f"x/{n}/cosigner", SoftSigner(seed(str(n))), 9) for n in numbers])

    assert len(policy.check(lines(0, 2))) == 2
    with pytest.raises(Exception, match="quorum quorum is not met"):
        policy.check(lines(0, 1))  # two keys of one participant are one


# one log gives the other away


def test_a_tail_left_out_of_our_own_log(tmp_path: Path):
    """ru's later statements name a head of us→ru that a cut folder no longer holds."""
    world = adopted_world()
    talk(world, "us", "ru", 2)
    world.say("ru", "us", "call", {"about": "op", "text": "heard"})
    export(world, "us", tmp_path / "us")
    files = load(tmp_path / "us")
    holds(files, "nothing changed or left out below their heads (terms ")
    log = under(files, LOG)
    older = [r for r in world.store("us").receipts(origin("us", "ru")) if r.role == "mirror"][-2]
    cut = log_folder(entries_of(log)[: older.size], older.note, without(log, "receipts/"))
    verdict = holds(without(files, LOG) | {LOG + name: data for name, data in cut.items()}, "this folder does not hold")
    assert any(
        f"this folder holds {older.size}: it was cut, or the statement is false" in line for line in verdict.details
    )


# evidence


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """us signed two histories and showed both to ru."""
    world = adopted_world()
    head = Head(origin("us", "ru"), 5, b"another history of 5".ljust(32))
    shown = sign_checkpoint(head, world.nodes["us"].signers["log"])
    world.request("us", "ru", "/mirror/add-checkpoint", AddCheckpoint(0, (), shown).encode())
    assert "fork" in world.refusals("ru")
    out = tmp_path_factory.mktemp("forked") / "ru"
    export(world, "ru", out)
    return load(out)


def test_a_fork_is_confirmed_and_does_not_spoil_the_rest(forked: Files):
    name = next(name for name in forked if name.startswith("evidence/"))
    verdict = holds(forked, "export of ru: ", "; 1 breach proved in evidence/")
    assert any(
        line.startswith(f"{name}: a fork is proved: demo/test/us/to-ru signed two histories, ")
        and "(the log's key)" in line
        for line in verdict.details
    )


def test_flipped_evidence_is_refused(forked: Files):
    name = next(name for name in forked if name.startswith("evidence/"))
    for data in flips(forked[name], 200, "evidence"):
        verdict = check({**forked, name: data})
        if verdict.ok:  # the byte was in another one's line, which adds nothing to the proof; so it is said
            assert any("not checked, it adds nothing" in line for line in verdict.details), verdict
        else:
            assert verdict.line.startswith(f"{name}: "), verdict
    fails({**forked, "evidence/x.json": b"{}"}, "evidence/x.json", "no evidence file")
    fails({**forked, "evidence/y.json": b'{"type":"x"}'}, "evidence/y.json", "is not known to this version")


def test_evidence_made_with_somebody_else_s_key(forked: Files):
    """Anybody can sign two heads in a log's name; the key must be the log's."""
    signer = SoftSigner(seed("stranger"))
    heads = [sign_checkpoint(Head(origin("us", "ru"), 3, bytes([n]) * 32), [signer]) for n in (1, 2)]
    evidence = make_fork(VerifierKey(origin("us", "ru"), 1, signer.public), heads[0], heads[1], heads[0].head.root, [])
    fails(
        {**forked, "evidence/a.json": evidence.encode()},
        "evidence/a.json",
        "which is no known key of demo/test/us/to-ru",
    )


def test_the_folder_on_disk_reads_the_same(small: Held, tmp_path: Path):
    assert load(save(small.files, tmp_path / "copy")) == small.files
    assert check(small.files) == check(load(small.path))


def test_what_a_peer_signs_cannot_spoil_our_export(tmp_path: Path):
    """Before we sign, ru signs other terms and logs junk: said, and no fault of our files."""
    world = World()
    world.say("ru", "us", "signature", {"terms": "0" * 64})
    export(world, "us", tmp_path / "us")
    verdict = holds(load(tmp_path / "us"), "export of us: ", "; 1 remark in the details")
    assert any("signs terms 000000000000, not these" in line for line in verdict.details)


def test_two_second_roots_shown_to_two_audiences(tmp_path: Path):
    world = adopted_world()
    keep = ("log", "mirror", "cosigner", "release")
    old = world.nodes["us"].signers["root"]
    with world.speaking("us") as house:
        for version, audience in ((2, "ru"), (3, "un")):
            document = root_for("us", signers_for("us", version, keep), 2, world.roots["us"], also=old)
            house.say(out(audience, "root", {"version": 2, "document": document}), world.now)
    export(world, "us", tmp_path / "us")
    verdict = holds(load(tmp_path / "us"), "export of us: ")
    assert any("us shows another root 2 in us-to-" in line for line in verdict.details)


def test_under_a_policy_from_outside_the_words_are_others(small: Held):
    own = parse_policy(small.files[LOG + "receipt-policy"]).logs[origin("us", "ru")]
    files = without(small.files, "logs/us-to-un/", "logs/ru-to-us/", "logs/un-to-us/")
    verdict = holds(files, "all signed as the policy given asks", policy=receipt_policy(own, []))
    assert "signed for" not in verdict.line
    fails(small.files, "logs/ru-to-us/checkpoint", "is not in the policy", policy=receipt_policy(own, []))


def test_a_mirror_key_revoked_since(tmp_path: Path):
    world = adopted_world()
    old = world.nodes["ru"].signers["mirror"][0]
    world.rotate("ru")
    world.later(60_000)
    export(world, "us", tmp_path / "before")
    earlier = load(tmp_path / "before")
    world.say("ru", "us", "revoke", {"key": key_id(old.public), "reason": "lost"})
    world.later(60_000)
    export(world, "us", tmp_path / "after")
    files = load(tmp_path / "after")
    holds(files, "all signed for by their receivers")
    assert len(parse_policy(files[LOG + "receipt-policy"]).witnesses) == 1
    mixed = without(files, LOG) | {name: data for name, data in earlier.items() if name.startswith(LOG)}
    verdict = holds(mixed, "all signed for")
    assert any("of the policies was revoked by ru" in line for line in verdict.details)


def test_a_node_that_is_writing_meanwhile(tmp_path: Path):
    """The store on disk, a second connection: heads of one instant, and no head the export does not hold."""
    world = adopted_world()
    path = tmp_path / "shared.db"
    disk = SqliteShared(path)
    world.store("us")._db.backup(disk._db)
    reading = SqliteShared(path)
    states = {code: keys_as_of_now(reading, code, document) for code, document in world.roots.items()}

    def write(done: int, total: int) -> None:
        with disk.transaction():
            log = origin("us", "ru")
            disk.add_entries(log, disk.entry_count(log), [b"later"])

    arguments = (reading, world.terms, world.terms_bytes, AGREEMENT, world.roots, states, tmp_path / "out")
    export_node(*arguments, progress=write)
    holds(load(tmp_path / "out"), "export of us: 4 of the terms' 6 logs", "all signed for by their receivers")
    disk.close()
    reading.close()
