"""What a watch officer tells a running node, and what the node says of itself."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from detente.adapters.store_shared import SqliteShared
from detente.cli.node import _print_differences
from detente.cli.readable import visible
from detente.demo.three import Three
from detente.node.adoption import differences
from tests.cli.test_refusals import CALL, node, run


def test_who_is_on_watch(three: Three):
    assert "no line test" in run("watch", "take", *node(three, "us"), "--post", "duty officer", "--people", 2)
    assert ", 2 on watch" in run("state", *node(three, "us")).splitlines()[0]
    run("watch", "take", *node(three, "us"), "--post", "duty officer", "--people", "many", status=2)
    assert "until the next post" in run("watch", "hand-over", *node(three, "us"))
    assert "nobody on watch" in run("watch", "leave", *node(three, "us"))
    assert ", 0 on watch" in run("state", *node(three, "us")).splitlines()[0]
    assert "nobody can hand over" in run("watch", "hand-over", *node(three, "us"), status=1)


def test_a_draft_is_discarded(three: Three, tmp_path: Path):
    file = tmp_path / "call.json"
    file.write_text(json.dumps(CALL))
    name = run("draft", *node(three, "us"), "--to", "ru", "--kind", "call", file).split()[1]
    assert run("discard", *node(three, "us"), name) == f"draft {name} is discarded\n"
    assert name not in run("release", *node(three, "us"))
    assert "no draft" in run("discard", *node(three, "us"), name, status=1)


def test_an_override_opens_what_is_closed_and_is_logged(three: Three):
    override = ("override", *node(three, "us"), "--reason", "a STOP must stand in the log")
    assert "no log is closed" in run(*override, "--yes", status=1)
    three.stop("us", "ru")
    (three.configs["us"].private / "highwater.json").unlink()
    three.start("us")
    try:
        assert "CLOSED" in run("state", *node(three, "us"))
        assert "fork" in run(*override, status=1)  # nobody answers the question
        said = run(*override, "--yes")
        assert "us/to-ru: signing again, by override: a STOP must stand in the log" in said
        assert "CLOSED" not in run("state", *node(three, "us"))
        assert "operator override: a STOP" in run("refusals", *node(three, "us"))
    finally:
        three.start("ru")
        three.settle()


def test_what_a_peer_could_not_leave_with_us_is_said(three: Three):
    with closing(SqliteShared(three.configs["us"].shared_db)) as store:
        store.add_turned_away({"ru": 1})
        with store.transaction():
            store._db.execute("INSERT INTO refused VALUES('ru', 'bad-field', 1000, 25)")
    said = run("state", *node(three, "us"))
    assert "turned away: 1 request of ru" in said
    assert "no longer kept: 25 refusals about ru" in said
    assert "CLOCK" not in said


def test_a_clock_that_was_ahead_is_said_with_the_way_out(three: Three):
    with closing(SqliteShared(three.configs["us"].shared_db)) as store, store.transaction():
        for key, value in store._db.execute("SELECT key, value FROM meta WHERE key LIKE 'mirror time % %'").fetchall():
            store.set_meta(key, str(int(value) + 86_400))
    said = run("state", *node(three, "us"))
    assert "CLOCK: this node signed 86" in said
    assert "detente keys rotate --role mirror --role cosigner" in said
    run("keys", "rotate", *node(three, "us"), "--role", "mirror", "--role", "cosigner")
    assert "CLOCK" not in run("state", *node(three, "us"))
    file = three.folder / "call.json"
    file.write_text(json.dumps(CALL))
    assert "us signed for it at" in run("say", *node(three, "ru"), "--to", "us", "--kind", "call", file)


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        (b"a\nb", b"a", ["agreement line 2", "  we hold    b", "  they offer (no such line)"]),
        (b"a", b"a\nb", ["agreement line 2", "  we hold    (no such line)", "  they offer b"]),
        (b"a\n\nb", b"a\nx\nb", ["agreement line 2", "  we hold    (an empty line)", "  they offer x"]),
        (b"a", b"\x1b[2J\xe2\x80\xaeb", ["agreement line 1", "  we hold    a", "  they offer \\x1b[2J\\u202eb"]),
    ],
)
def test_differing_lines_are_shown_as_they_are_and_steer_no_terminal(ours, theirs, shown, capsys):
    _print_differences([each._asdict() for each in differences("agreement", ours, theirs)], err=False)
    assert capsys.readouterr().out.splitlines() == shown
    assert visible("Дейр-эз-Зор دير الزور") == "Дейр-эз-Зор دير الزور"
