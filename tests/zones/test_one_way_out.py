"""There is one way out: every statement that has an author passes the release pipeline, by whatever path it comes.

Types say so (`House.say` demands an `Outgoing`), the code says so (nobody else makes one), and each path is tried.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
from pathlib import Path
from typing import Any

import pytest

import detente
from detente.adapters.commands import Commands
from detente.errors import LocalError
from detente.model.statement import KINDS
from detente.node.house import House
from detente.node.release import outgoing
from detente.node.release.outgoing import NODE_SAYS, Outgoing, of_the_node
from tests.adapters.own_house import Own
from tests.sim.world import World

SOURCE = Path(detente.__file__).parent
HEADS = ("root", "status", "receipt_overdue", "receipts_held", "voice")


def test_nobody_else_makes_what_may_be_said():
    """Only the pipeline imports `passed`, only `outgoing` knows the key, and only `House` calls the speaker."""
    makers, callers = set(), set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = path.relative_to(SOURCE).as_posix()
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("release.outgoing"):
                makers |= {name for each in node.names if each.name in ("passed", "_KEY")}
            if isinstance(node, ast.Attribute) and node.attr == "_KEY":
                makers.add(name)
            if isinstance(node, ast.Attribute) and node.attr == "say" and ast.unparse(node.value).endswith("speaker"):
                callers.add(name)
            if (
                isinstance(node, ast.Name)
                and node.id == "seal_entry"
                and name not in ("proof/envelope.py", "node/speaker.py")
            ):
                raise AssertionError(f"{name} seals statements by itself")
    assert makers == {"node/release/pipeline.py"}
    assert callers == {"node/house.py"}
    assert inspect.signature(House.say).parameters["what"].annotation == "Outgoing"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_statement_without_the_pipeline_is_no_statement(kind: str):
    house = World().house("us")
    with pytest.raises(TypeError):
        Outgoing(object(), "ru", kind, {}, None, "")
    with pytest.raises(LocalError, match="not-released"), house.batch(0):
        house.say((kind, {}), 0)  # type: ignore[arg-type]
    if kind in NODE_SAYS:
        assert of_the_node("ru", kind, {}).kind == kind
    else:
        with pytest.raises(LocalError, match="not-released"):
            of_the_node("ru", kind, {})


def test_what_the_node_says_by_itself_is_listed():
    assert tuple(NODE_SAYS) == HEADS
    assert all(NODE_SAYS.values()), "each with its reason"
    assert outgoing.__doc__


def test_every_request_of_an_operator_under_a_policy_of_nothing(tmp_path: Path):
    """Each request on the control line, with what it would take to say something: no log grows by a statement with an author."""
    own = Own(tmp_path, "")
    house = own.world.house("us")
    call: dict[str, Any] = {"kind": "call", "fields": {"about": "x", "text": "y"}, "to": "ru"}
    given: dict[str, dict[str, Any]] = {
        "say": call, "say_many": {"kind": "call", "many": [call["fields"]], "to": "ru"}, "draft": call, "offer": {}, "adopt": {},
        "revoke": {"key": house.state.document.keys[0].public.hex(), "reason": "r"}, "bundle": {"peer": "ru", "requests": []},
        "override": {"reason": "r"}, "watch": {"on_watch": 3}, "tick": {}, "clock": {"now": own.world.now},
    }  # fmt: skip
    names = [name.removeprefix("do_") for name in dir(Commands) if name.startswith("do_")]
    before = {origin: ledger.size for origin, ledger in house.ledgers.items()}
    for name in sorted({*names, *own.commands._table}):
        if name not in ("rotate", "words", "clock"):  # the node's keys and its words over a head stand by name
            with contextlib.suppress(KeyError, TypeError, ValueError):  # it lacks something: the house process says so
                own.ask(name, **given.get(name, {}))
    draft = own.ask("draft", **call)["draft"]
    assert own.ask("release", draft=draft).code == "policy-silent"
    assert own.ask("drafts")["drafts"][draft], "the draft stays"
    for origin, ledger in house.ledgers.items():
        found = [own.world.read("us", origin, n).statement for n in range(before[origin], ledger.size)]
        kinds = {each.kind for each in found if each is not None}
        assert kinds <= set(NODE_SAYS), origin
    own.close()
