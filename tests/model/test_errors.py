"""Refusals: every code has advice, every advice a refusal, and the text says what, where, whose fault, what next."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import pytest

import detente
from detente.errors import ADVICE, DetenteError, GivenError, LocalError, RemoteError

SRC = Path(detente.__file__).parent
CLASSES = {"DetenteError", "LocalError", "RemoteError", "GivenError"}

# Codes of rooms that are still being written (node, adapters, cli, demo). Strike a line as soon as its code is raised;
# the test below warns of lines that may go.
NOT_YET = {"row-unusable"}


def trees() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(SRC)): ast.parse(path.read_text("utf-8"), str(path))
        for path in SRC.rglob("*.py")
        if path != SRC / "errors.py"
    }


def literals(node: ast.expr, module: ast.Module) -> list[str]:
    """The strings a code argument can be: a literal, either branch of a choice, or what its variable is given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body, module) + literals(node.orelse, module)
    if isinstance(node, ast.Name):
        found = [
            literals(assign.value, module)
            for assign in ast.walk(module)
            if isinstance(assign, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in assign.targets)
        ]
        return [text for texts in found for text in texts]
    return []


def raised() -> dict[str, str]:
    """Code to the module that raises it."""
    codes: dict[str, str] = {}
    for name, module in trees().items():
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in CLASSES and call.args:
                codes |= dict.fromkeys(literals(call.args[0], module), name)
    return codes


def mentioned() -> set[str]:
    """Every string literal of the package that is a code, however it reaches a refusal."""
    return {
        node.value
        for module in trees().values()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ADVICE
    }


def test_every_code_raised_has_advice():
    """errors.py: "Every refusal is a DetenteError with a short code. The code's advice stands in ADVICE"."""
    codes = raised()
    assert len(codes) > 30
    assert {code: place for code, place in codes.items() if code not in ADVICE} == {}


def test_every_advice_belongs_to_a_refusal():
    """No advice for what never happens; NOT_YET holds what comes with rooms not yet written."""
    unused = set(ADVICE) - mentioned()
    assert not unused - NOT_YET, "no code raises these: remove them from ADVICE, or add them to NOT_YET with their room"
    assert not NOT_YET - set(ADVICE)
    if NOT_YET - unused:
        warnings.warn(f"in use now, strike from NOT_YET: {' '.join(sorted(NOT_YET - unused))}", stacklevel=1)


def test_no_code_is_put_together_at_run_time():
    """So that the two tests above see all of them: a literal, a variable, or the code of another refusal."""
    hidden = [
        f"{name}:{call.lineno}"
        for name, module in trees().items()
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in CLASSES
        if not call.args or not isinstance(call.args[0], ast.Constant | ast.Name | ast.IfExp | ast.Attribute)
    ]
    assert hidden == []


@pytest.mark.parametrize("code", ADVICE)
def test_codes_are_kebab_case_and_advice_reads_after_next(code):
    """Shape: code (kebab-case); the advice follows "Next:" and its stop is added once."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert re.match(r"[a-z]", ADVICE[code])
    assert not ADVICE[code].endswith(".")
    assert len(ADVICE[code]) < 140


@pytest.mark.parametrize(
    ("error", "fault"),
    [(LocalError, "ours"), (RemoteError, "the other side"), (GivenError, "the file or argument given")],
)
def test_the_text_says_what_where_whose_fault_and_what_next(error, fault):
    """80-style: "Every error says whose fault and what to do next"."""
    refusal = error("fork", "two heads at 7", where="entry 12")
    assert str(refusal) == f"entry 12: two heads at 7 [fork; fault: {fault}]. Next: {ADVICE['fork']}."


def test_the_party_at_fault_is_named_where_it_is_known():
    """`party` says whom it concerns, and stands for "the other side"."""
    assert RemoteError("fork", "two heads", party="ru").fault() == "ru"
    assert LocalError("fork", "two heads", party="ru").fault() == "ours"


def test_a_place_is_put_in_front_and_a_known_party_is_kept():
    """`at` fills in what was still open on the way up."""
    refusal = RemoteError("bad-text", "U+0000", where="$.text").at("log us/to-ru, entry 5", "us").at("bundle 3", "ru")
    assert refusal.where == "bundle 3: log us/to-ru, entry 5: $.text"
    assert refusal.party == "us"
    assert isinstance(refusal, RemoteError)


def test_a_refusal_does_not_repeat_the_senders_bytes_at_length():
    """A refusal is logged and shown: 60,000 bytes of a peer's making must not come back in it."""
    refusal = RemoteError("unknown-field", "x" * 60_000, where="y" * 60_000).at("z" * 60_000)
    assert len(str(refusal)) < 1_200
    assert isinstance(refusal, RemoteError)


def test_an_unknown_code_cannot_be_shown_silently():
    """A code without advice fails loudly, here and in the test of literals."""
    with pytest.raises(KeyError):
        str(DetenteError("no-such-code", "x"))
