"""docs/reference against the code: an option, key or code that is not described fails, and so does one that is not there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import detente
from detente.adapters import config as config_module
from detente.adapters import export
from detente.adapters.config import load_config
from detente.cli.main import cli
from detente.errors import ADVICE, GivenError
from detente.model import terms as terms_module
from detente.model.terms import read_terms
from tests.docs.test_pages import ROOT

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


# commands.md


def commands() -> dict[str, click.Command]:
    """Every command that does something, by its full name, and the group they stand in."""
    found: dict[str, click.Command] = {"detente": cli}
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found |= {f"detente {name} {sub}": each for sub, each in command.commands.items()}
            if command.invoke_without_command:
                found[f"detente {name}"] = command
        else:
            found[f"detente {name}"] = command
    return found


def sections() -> dict[str, str]:
    """Heading to text, of those headings that name a command."""
    parts = re.split(r"^## (detente.*)$", page("commands.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_no_other():
    assert list(sections()) == ["detente", *sorted(set(commands()) - {"detente"})]


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_is_described_and_no_other(name):
    command = commands()[name]
    context = click.Context(command, info_name=name, help_option_names=["-h", "--help"] if command is cli else [])
    options = {
        flag
        for option in command.get_params(context)
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }
    rows = re.findall(r"^\| (`-.*?) \|", sections()[name].replace("\\|", "/"), re.MULTILINE)
    described = {flag for row in rows for flag in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert described == options


@pytest.mark.parametrize("name", commands())
def test_the_usage_of_a_command_is_shown(name):
    command = commands()[name]
    pieces = command.collect_usage_pieces(click.Context(command, info_name=name))
    assert f"\n    {' '.join([name, *pieces])}\n" in sections()[name]


@pytest.mark.parametrize("name", commands())
def test_required_options_and_defaults_are_said(name):
    for option in commands()[name].params:
        if not isinstance(option, click.Option):
            continue
        row = next(line for line in sections()[name].splitlines() if line.startswith(f"| `{option.opts[0]}"))
        assert option.required == ("required" in row), row
        if option.show_default or option.opts[0] == "--wait":
            default = option.default
            assert f"default `{default}`" in row or f"default {default}" in row or "default `--wait`" in row, row


def test_every_command_is_in_the_table_of_tasks():
    table = page("commands.md").partition("| to | commands |")[2].partition("\n## ")[0]
    assert {f"detente {name}" for name in re.findall(r"`([^`]+)`", table)} == set(commands()) - {"detente"}


# errors.md


def test_the_page_of_errors_is_current():
    run = subprocess.run([sys.executable, ROOT / "tools" / "errors_page", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_every_code_has_a_line():
    assert set(
        re.findall(r"^- `([a-z0-9-]+)` \((?:ours|theirs|given|noted|not used)", page("errors.md"), re.MULTILINE)
    ) == set(ADVICE)


# terms.md and node.toml


def tables(text: str) -> dict[str, list[str]]:
    """Keys of the tables of a page, by the line above each; the first under ""."""
    found: dict[str, list[str]] = {}
    last = ""
    for part in re.split(r"\n\n", text):
        rows = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
        if rows:
            found[last] = rows
        last = part.split(",")[0].split(":")[0].strip("`[]") if found else ""
    return found


def test_every_key_of_the_terms_is_described_and_no_other():
    described = tables(page("terms.md"))
    assert set(described[""]) == terms_module._TOP
    source = Path(terms_module.__file__).read_text("utf-8")
    nested = [set(re.findall(r'"(\w+)"', each)) for each in re.findall(r"\{((?:\"\w+\"(?:, )?)+)\}", source)]
    for name in ("quorum", "quota", "participants", "logs"):
        assert set(described[name]) in nested, name


def test_the_example_of_the_terms_is_read():
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page("terms.md"), re.MULTILINE | re.DOTALL)
    terms = read_terms(example.encode())
    assert terms.parties() == ["ru", "us"]
    for key in terms_module._TOP:
        without = "\n".join(line for line in example.split("\n") if not line.startswith(f"{key}:"))
        with pytest.raises(GivenError):
            read_terms(without.encode())


def test_every_key_of_node_toml_is_described_and_no_other(tmp_path):
    described = tables(page("node-toml.md"))
    assert set(described[""]) == config_module._TOP
    source = Path(config_module.__file__).read_text("utf-8")
    nested = [set(re.findall(r'"(\w+)"', each)) for each in re.findall(r"_only\(\w+, (\{.*?\})", source)]
    for name in ("peers.CODE", "limits", "users", "web"):
        assert set(described[f"{name}"]) in nested, name
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page("node-toml.md"), re.MULTILINE | re.DOTALL)
    (tmp_path / "node.toml").write_text(example)
    assert sorted(load_config(tmp_path).peers) == ["ru", "un"]


# export-folder.md


def test_the_kinds_whose_receipts_are_exported_are_named():
    assert ", ".join(f"`{kind}`" for kind in export.SHOWN_KINDS[:-1]) in page("export-folder.md").replace("\n  ", " ")
    assert export.NEWEST == 8


def test_the_pages_of_the_package_name_pages_that_are_there():
    """Docstrings and advice point to docs."""
    for path in Path(detente.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in re.findall(r"docs/[a-z0-9/-]+(?:\.md)?", node.value):
                    here = list(ROOT.glob(f"{name}*"))
                    assert here, f"{path.name} names {name}"
