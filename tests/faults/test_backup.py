"""A restored backup: the node signs nothing until the others have said how far they saw it, or it is found out."""

from __future__ import annotations

import shutil

import pytest

from detente.errors import LocalError
from detente.proof.envelope import parse_envelope
from detente.proof.evidence import check_fork, read_fork
from tests.faults.nodes import (
    CODES,
    assert_no_traceback,
    assert_one_history,
    assert_receipted,
    entries_of,
    eventually,
    log_of,
    origin,
    refusals,
    rest,
    rows,
    say,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
LOST = 5


def keep(nodes, folder, *more):
    """Stop us and copy what a backup of its store holds (and `more` of the private folder) aside."""
    nodes.stop("us")
    folder.mkdir()
    for path in nodes.configs["us"].shared.glob("shared.db*"):
        shutil.copy2(path, folder)
    for name in more:
        shutil.copy2(nodes.configs["us"].private / name, folder)


def restore(nodes, folder, *more):
    """Stop us and put the copy in the place of what it has now."""
    nodes.stop("us")
    for path in nodes.configs["us"].shared.glob("shared.db*"):
        path.unlink()
    for path in folder.glob("shared.db*"):
        shutil.copy2(path, nodes.configs["us"].shared)
    for name in more:
        shutil.copy2(folder / name, nodes.configs["us"].private)


def older(nodes, tmp_path, *more):
    """Give us a store that lacks its last statements to ru and un, all of them receipted; these statements."""
    placed = [say(nodes, "us", "ru", "before the backup")]
    rest(nodes)
    keep(nodes, tmp_path / "backup", *more)
    nodes.start("us")
    lost = [say(nodes, "us", audience, f"after the backup {n}") for n in range(LOST) for audience in ("ru", "un")]
    lost += [say(nodes, "ru", "us", f"to us {n}") for n in range(LOST)]
    rest(nodes)
    restore(nodes, tmp_path / "backup", *more)
    return placed + lost


@pytest.mark.parametrize("silent", ["ru", "un"])
def test_a_restored_store_signs_nothing_until_mirror_and_cosigner_have_answered(tmp_path, silent):
    """30-ledger: "if it is ahead of ours, refuse to sign and re-pull (a restored backup must not fork the log)"."""
    with three(tmp_path) as nodes:
        placed = older(nodes, tmp_path)
        before = log_of(nodes, "ru", "us")["signed_for"]
        sizes = {a: len(entries_of(nodes, a, origin("us", a))) for a in ("ru", "un")}
        nodes.stop(silent)
        nodes.start("us")
        log = log_of(nodes, "us", "ru")
        assert log["closed"]
        assert log["size"] < sizes["ru"]
        eventually(lambda: not log_of(nodes, "us", "un" if silent == "ru" else "ru")["closed"] or silent == "un")
        for audience in ("ru", silent):
            with pytest.raises(LocalError, match="not-signing"):
                say(nodes, "us", audience, "too early", timeout=10)
        assert log_of(nodes, "us", "ru")["closed"]

        nodes.start(silent)
        rest(nodes)
        for audience, size in sizes.items():
            assert log_of(nodes, "us", audience)["size"] >= size
        codes = [r["code"] for r in refusals(nodes, "us")]
        assert "backup-restored" in codes
        placed.append(say(nodes, "us", "ru", "goes on"))
        placed.append(say(nodes, "us", "un", "goes on"))
        rest(nodes)
        assert_one_history(nodes)
        assert_receipted(nodes, placed)
        assert log_of(nodes, "ru", "us")["signed_for"] >= before
        for code in CODES:
            assert nodes.ask(code, "state")["evidence"] == []
        texts = [parse_envelope(e).payload for e in entries_of(nodes, "ru", origin("us", "ru"))]
        assert not any(b"too early" in text for text in texts)
        assert sum(b"after the backup" in text for text in texts) == LOST
    assert_no_traceback(nodes)


def test_a_kill_between_commit_and_mark_asks_and_goes_on(tmp_path):
    """decision 6: head and mark differ, so a fresh answer of the others comes first; nothing is lost, nobody accused."""
    with three(tmp_path) as nodes:
        placed = [say(nodes, "us", "ru", "one"), say(nodes, "us", "un", "one")]
        rest(nodes)
        path = nodes.configs["us"].private / "highwater.json"
        mark = path.read_bytes()
        placed.append(say(nodes, "us", "ru", "two"))
        nodes.stop("us", kill=True)
        path.write_bytes(mark)
        nodes.start("us")
        rest(nodes)
        words = [r["what"] for r in refusals(nodes, "us") if r["code"] == "not-signing"]
        assert any("differ" in text for text in words)
        assert any("signing again" in text for text in words)
        placed.append(say(nodes, "us", "ru", "three"))
        assert_receipted(nodes, placed)
        assert_one_history(nodes)
        assert path.read_bytes() != mark


def test_an_operator_may_override_and_it_is_logged(tmp_path):
    """30-ledger: "no fresh answer, no signing (operator override is logged)"."""
    with three(tmp_path) as nodes:
        say(nodes, "us", "ru", "one")
        nodes.stop("us")
        (nodes.configs["us"].private / "highwater.json").unlink()
        nodes.stop("ru", "un")
        nodes.start("us")
        with pytest.raises(LocalError, match="not-signing"):
            say(nodes, "us", "ru", "too early")
        with pytest.raises(LocalError, match="needs a reason"):
            nodes.ask("us", "override")
        assert nodes.ask("us", "override", reason="both peers are cut off; the store is whole")["opened"]
        placed = say(nodes, "us", "ru", "STOP", wait=False)
        assert any("both peers are cut off" in r["what"] for r in refusals(nodes, "us"))
        nodes.start("ru", "un")
        rest(nodes)
        assert_receipted(nodes, [placed])
        assert_one_history(nodes)


def test_a_store_restored_together_with_its_mark_forks_but_never_silently(tmp_path):
    """The one case the mark cannot see: same boot, and the mark copied back too. The peer keeps the proof.

    Us signs a second history. Whoever mirrors the log (or countersigns it) refuses the first head of it that it is
    shown, keeps both heads as an evidence file that anyone can check, and signs for nothing of it: so no statement of
    the second history is ever receipted, and the receipted ones stand.
    """
    with three(tmp_path) as nodes:
        placed = older(nodes, tmp_path, "highwater.json")
        log = origin("us", "ru")
        first = entries_of(nodes, "ru", log)
        nodes.start("us")
        said = [say(nodes, "us", "ru", f"second history {n}", wait=False) for n in range(LOST + 10)]
        assert said[0]["entry"] < len(first), "us did not notice by itself"
        names = eventually(lambda: [n for n in nodes.ask("ru", "state")["evidence"] if n.startswith("fork-")], 60)
        for name in names:
            data = rows(nodes.configs["ru"].shared_db, "SELECT data FROM evidence WHERE name=?", name)[0][0]
            larger, smaller = check_fork(read_fork(data))
            assert larger.origin == smaller.origin == log
        assert "fork" in [r["code"] for r in refusals(nodes, "ru")]
        assert entries_of(nodes, "ru", log)[: len(first)] == first, "what ru signed for stands"
        assert not any(b"second history" in parse_envelope(e).payload for e in entries_of(nodes, "ru", log))
        # nor does the neutral, who sees hashes only, countersign it
        eventually(lambda: {"fork", "consistency-fails"} & {r["code"] for r in refusals(nodes, "un")})
        # none of the second history is receipted
        state = log_of(nodes, "us", "ru")
        assert state["signed_for"] <= said[0]["entry"]
        for one in said:
            with pytest.raises(LocalError, match="receipt-overdue"):
                nodes.ask("us", "receipt", origin=log, entry=one["entry"])
        # the other directions go on, and what was receipted before the backup still is
        say(nodes, "ru", "us", "we have proof")
        say(nodes, "ru", "un", "we have proof")
        assert_receipted(nodes, placed[:1])
