"""`detente may`: the before-check. It says what an agreement objects to; it never says that something may be done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import click

from detente.adapters.config import given_file
from detente.adapters.record_lines import read_plan
from detente.agreement import wording as w
from detente.agreement.explain import because, evidence_words, missing_words
from detente.agreement.finding import Finding
from detente.agreement.history import LABEL_WORDS
from detente.agreement.judge import Judge, Overall
from detente.agreement.record import Act, Record
from detente.cli.judging_input import Given, annex_option, file_type, progress, read_given, read_moment, read_node
from detente.cli.judging_json import plain_finding
from detente.cli.readable import visible_lines
from detente.errors import GivenError
from detente.model.when import write_instant

STATUS = {"no objection": 0, "not yet": 3, "cannot tell": 4, "stop": 5}
"""Exit status by the word of the answer; 1 and 2 are refusals, as everywhere."""
HOLDS = ("kept", "not applicable", "not due")
NOTHING_MORE = "This is what the agreement objects to, by this record. It gives nobody leave, and silence in the record is no consent."
HEADLINES = {
    "stop": "STOP: a clause is against it, and nothing that could still be said excuses it.",
    "cannot tell": "CANNOT TELL: a fact is missing. Doubt is no ground to act on.",
    "not yet": "NOT YET: something must be said or some time must pass first.",
}
COLUMNS = 80


@dataclass(frozen=True)
class Asked:
    """A plan and the answer."""

    given: Given
    record: Record
    act: Act
    at: int
    overall: Overall
    findings: list[Finding]

    def objections(self) -> list[Finding]:
        """Prohibitions that do not hold."""
        return [one for one in self.findings if self._forbids(one) and one.verdict not in HOLDS]

    def holding(self) -> list[Finding]:
        """Prohibitions that speak of the act and hold."""
        return [one for one in self.findings if self._forbids(one) and one.verdict in ("kept", "not due")]

    def brought(self) -> list[Finding]:
        """Duties the act would bring about."""
        return [one for one in self.findings if one.verdict == "not due" and not self._forbids(one)]

    def silent(self) -> list[Finding]:
        """Prohibitions on this kind of act that do not speak of this one."""
        return [one for one in self.findings if self._forbids(one) and one.verdict == "not applicable"]

    def _forbids(self, one: Finding) -> bool:
        return self.given.agreement.rules[one.clause].mode == "forbid"

    def missing(self, one: Finding) -> tuple[str, ...]:
        """Which statements are missing, and by whom."""
        return missing_words(self.given.agreement, one, self.act)


@click.command(short_help="Before an act: what objects, what is missing, when at the earliest.")
@click.argument("file", type=file_type, required=False)
@click.argument("records", type=file_type, nargs=-1, metavar="[RECORD...]")
@click.option("--config", "folder", type=file_type, metavar="NODE.toml", help="Ask on a running node's own record.")
@click.option("--event", "plan", type=file_type, required=True, metavar="PLAN.json", help="The act: one JSON object.")
@click.option("--at", "at_text", metavar="INSTANT", help="When it would be made (default: the record's now).")
@click.option("--relying-on", "relying", multiple=True, metavar="ID", help="An exception relied on (repeat).")
@annex_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.pass_context
def may(
    context: click.Context,
    file: Path | None,
    records: tuple[Path, ...],
    folder: Path | None,
    plan: Path,
    at_text: str | None,
    relying: tuple[str, ...],
    annexes: Path | None,
    as_json: bool,
) -> None:
    """Ask the agreement in FILE about an act before it is made, by what the record in RECORD... knew then.

    With --config instead of the two: under a running node's agreement, by its own record.
    """
    moment = read_moment(at_text, "--at")
    if (folder is None) == (file is None) or bool(records) != (file is not None):
        raise click.UsageError("Give FILE and RECORD..., or --config NODE.toml and neither.")
    given = read_node(folder, annexes) if folder is not None else read_given(file or Path(), records, annexes)
    for name in relying:
        if name not in given.agreement.rules:
            known = ", ".join(given.agreement.rules)
            raise GivenError("unknown-name", f"no clause {name!r} in {given.agreement.code}; known: {known}")
    act = read_plan(plan.name, given_file(plan), given.agreement)
    if act.id in given.history.acts:
        raise GivenError("record-invalid", f"{act.id!r} is in the record; give the plan another id", where=plan.name)
    at = moment if moment is not None else given.history.now
    with progress("asking"):
        asked = ask(given, act, at, relying)
    click.echo(json.dumps(plain(asked), ensure_ascii=False) if as_json else visible_lines("\n".join(lines(asked))))
    context.exit(STATUS[asked.overall.word])


def ask(given: Given, act: Act, at: int, relying: tuple[str, ...] = ()) -> Asked:
    """The before-check on what was known at an instant."""
    known = given.history.known_at(at)
    judging = Judge.over(given.agreement, given.geometry, known)
    return Asked(given, known, act, at, judging.overall(act, at, relying), judging.may(act, at, relying))


def lines(asked: Asked) -> Iterator[str]:
    """The answer for a terminal."""
    agreement, overall = asked.given.agreement, asked.overall
    for label in asked.given.history.labels:
        yield LABEL_WORDS[label]
    who = w.listed(sorted(asked.act.by)) or "somebody not named"
    yield f"{agreement.code} ({agreement.status}): {w.a_kind(asked.act.kind)} by {who}, at {w.instant(asked.at)}"
    yield ""
    yield HEADLINES.get(overall.word, f"{w.capital(overall.text)}.")
    if overall.word != "no objection":
        none = "none" if overall.word == "stop" else "none; it waits for somebody"
        when = w.instant(overall.earliest) if overall.earliest is not None else none
        yield f"All clauses hold, nothing more being said, at the earliest: {when}"
    yield ""
    for one in asked.objections():
        yield from _objection(asked, one)
    for one in asked.brought():
        due = f" by {w.instant(one.due_by)}" if one.due_by is not None and abs(one.due_by) < 1 << 47 else ""
        yield from _wrapped(f"{one.clause}: would then be owed: {w.listed(asked.missing(one))}{due}", "  ")
    for text in overall.owed:
        yield from _wrapped(f"owed for the exception relied on: {text}", "  ")
    if asked.holding():
        yield from _wrapped(f"no objection by {', '.join(one.clause for one in asked.holding())}", "  ")
    if asked.silent():
        yield from _wrapped(f"do not speak of it: {', '.join(one.clause for one in asked.silent())}", "  ")
    for name in asked.given.lacking:
        yield from _wrapped(f"annex {name} was not given (--annexes): what rests on it cannot be told", "  ")
    yield ""
    yield from wrap(NOTHING_MORE, COLUMNS)


def _objection(asked: Asked, one: Finding) -> Iterator[str]:
    shadow = " (in shadow: does not bind)" if one.shadow else ""
    word = "objects" if one.verdict == "broken" else one.verdict
    yield f"  {one.clause}: {word}{shadow}"
    rule = asked.given.agreement.rules[one.clause]
    yield from _wrapped(f"says: {rule.says}" if rule.says else "", "    ")
    known = Record((*asked.record.acts, asked.act), asked.record.now, asked.record.heads)
    yield from _wrapped(because(asked.given.agreement, one, known, asked.given.geometry), "    ")
    evidence = [act for act in known.acts if act.id in one.evidence and act.id != asked.act.id]
    for act in evidence[:3]:
        yield from _wrapped(f"rests on {evidence_words(act)}", "    ")
    missing = asked.missing(one)
    if missing:
        yield from _wrapped(f"missing: {w.listed(missing, 'and')}", "    ")
    if one.against:
        yield from _wrapped(f"in conflict with: {w.listed(one.against, 'and')}", "    ")
    if one.earliest is not None:
        yield f"    earliest: {w.instant(one.earliest)}"
    elif missing:
        yield "    earliest: none; it waits for somebody"


def plain(asked: Asked) -> dict[str, object]:
    """What `detente may --json` prints."""
    overall = asked.overall
    return {
        "agreement": {"code": asked.given.agreement.code, "sha256": asked.given.agreement.digest},
        "labels": list(asked.given.history.labels),
        "at": write_instant(asked.at),
        "word": overall.word if overall.word != "no objection" else overall.text,
        "earliest": write_instant(overall.earliest) if overall.earliest is not None else None,
        "owed": list(overall.owed),
        "clauses": [
            {**plain_finding(one), "missing": list(asked.missing(one))}
            for one in (*asked.objections(), *asked.holding(), *asked.brought(), *asked.silent())
        ],
    }


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=indent + "  ")
