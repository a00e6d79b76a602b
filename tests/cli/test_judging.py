"""`detente judge` and `detente may` over the stories, as a lawyer and a watch officer would run them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from detente.adapters.record_lines import write_record
from detente.agreement.distances import Distances
from detente.agreement.history import History
from detente.agreement.judge import judge as judge_record
from detente.cli.judging import judge
from detente.cli.judging_before import STATUS, may
from detente.errors import GivenError
from tests.agreement.stories import FOLDER, agreement_text, blocks, read_story

STORIES = sorted(FOLDER.glob("*.md"))
RIVER = FOLDER / "3-refusal-then-strike.md"
FORBIDDEN = re.compile(r"\b(cleared|approved|safe|lawful|authori[sz]ed|permitted|OK|go ahead|green)\b|[✓✔✅]", re.I)
LATE: list[dict[str, object]] = [
    {"statement": "request", "id": "q9", "by": "ru", "received": {"us": "2017-09-16T08:10Z"}, "log": "ru", "index": 9,
     "known_from": "2017-09-16T20:00Z", "fields": {"strike": "x1"}},
    {"withdrawal": "q2", "known_from": "2017-09-16T22:00Z", "reason": "sent in error"},
]  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """A story as two files, an agreement and a record; more lines may be added to the record."""

    def files(path: Path, *more: dict[str, object]) -> tuple[str, str]:
        story = read_story(path.read_text(), path.name)
        agreement, record = tmp_path / f"{path.stem}.yaml", tmp_path / f"{path.stem}.jsonl"
        agreement.write_bytes(agreement_text(next(b for kind, b in blocks(path.read_text()) if kind == "agreement")))
        lines = [*write_record(History.of(story.record, "reconstruction"), story.agreement), *map(json.dumps, more)]
        record.write_text("\n".join(lines) + "\n")
        return str(agreement), str(record)

    return files


def run(command, *arguments, status=0):
    result = CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_summary_counts_and_lists_what_needs_attention(path, write):
    files = write(path)
    story = read_story(path.read_text(), path.name)
    output = run(judge, *files)
    lines = output.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("RECONSTRUCTION")
    found = [one for one in judge_record(story.agreement, story.record, Distances()) if not one.shadow]
    words = ("broken", "disputed", "cannot tell", "not due", "kept")
    wanted = [str(sum(one.verdict == word for one in found) or "-") for word in words]
    (row,) = [line.split()[2:] for line in lines if line.startswith("  all clauses")]
    total, out_of = row[:5], row[5]
    assert int(out_of.replace("-", "0")) == sum(int(each.replace("-", "0")) for each in total)
    for by in ("  by who is bound", "  by day"):  # the same findings, counted another way
        start = next((at for at, line in enumerate(lines) if line.startswith(by)), None)
        if start is not None:
            rows = list(takewhile(lambda line: re.search(r"(\d|-)$", line), lines[start + 1 :]))
            assert sum(int(line.split()[-2].replace("-", "0")) for line in rows) == int(out_of.replace("-", "0")), by
    assert total == wanted
    listed = [line for line in lines if re.match(r" *\d+ (broken|disputed|cannot tell) ", line)]
    assert len(listed) == min(20, sum(one.verdict in words[:3] for one in found))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_every_finding_is_explained_on_one_screen(path, write):
    files = write(path)
    story = read_story(path.read_text(), path.name)
    plain = json.loads(run(judge, *files, "--json"))
    assert plain["agreement"]["sha256"] == story.agreement.digest
    for one in plain["findings"]:
        screen = run(judge, *files, "--finding", one["number"])
        lines = screen.splitlines()
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80
        assert one["clause"] in lines[0]
        assert any(line.startswith("Because ") for line in lines)
        assert any(line.startswith(f"Finding    {one['verdict']}") for line in lines)


def test_the_deciding_fact_is_named(write):
    output = run(judge, *write(STORIES[0]))
    assert "its place" in output
    found = json.loads(run(judge, *write(RIVER), "--json"))["findings"][0]
    assert found["because"] == (
        "q1, a request, received 16 Sep 2017 07:00:00Z: it was ended by r1, a refusal, at 16 Sep 2017 07:40:00Z"
    )


def test_then_and_now_and_what_came_between(write):
    files = write(RIVER, *LATE)
    output = run(judge, *files, "--as-of", "2017-09-16T12:00Z")
    assert "known then: kept" in output
    assert "revised: kept until 16 Sep 2017 22:00:00Z, then broken:" in output
    assert "withdrawal of q2 (sent in error)" in output
    plain = json.loads(run(judge, *files, "--as-of", "2017-09-16T12:00Z", "--json"))
    then = {(one["clause"], one["act"]): one["verdict"] for one in plain["then"]}
    now = {(one["clause"], one["act"]): one["verdict"] for one in plain["findings"]}
    assert (then["objection", "s2"], now["objection", "s2"]) == ("kept", "broken")
    (one,) = plain["superseded"]
    assert (one["cause"], one["at"], one["before"]["verdict"]) == ("q2", "2017-09-16T22:00:00.000Z", "kept")
    screen = run(judge, *files, "--as-of", "2017-09-16T12:00Z", "--finding", "2")
    assert "Known then kept, bound: ru" in screen
    assert "Known now  broken, bound: ru" in screen


def test_evidence_has_its_place_in_the_ledger(write):
    stop = {"statement": "refusal", "id": "r9", "by": "us", "received": {"ru": "2017-09-16T09:00Z"}, "log": "us",
            "index": 12, "fields": {"strike": "x2"}}  # fmt: skip
    files = write(RIVER, stop)
    plain = json.loads(run(judge, *files, "--json"))
    assert all(
        set(act) >= {"id", "kind", "by", "received", "log", "index"}
        for one in plain["findings"]
        for act in one["evidence"]
    )
    (number,) = [one["number"] for one in plain["findings"] if one["clause"] == "reasons" and one["act"] == "r9"]
    assert "r9, a refusal by us, 16 Sep 2017 09:00:00Z (us log, entry 12)" in run(judge, *files, "--finding", number)


def test_one_clause(write):
    files = write(RIVER)
    assert run(judge, *files, "--clause", "reasons").startswith("Clause     reasons, river-2017")
    assert run(judge, *files, "--clause", "objection").count(" objection: ") == 2
    free = write(FOLDER / "2-urum-al-kubra.md")
    assert "no breach known in this record" in run(judge, *free, "--clause", "convoy-badly-drafted")


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_report_is_one_page_by_itself(path, write, tmp_path):
    files = write(path)
    out = tmp_path / "out.html"
    assert f"{out}: " in run(judge, *files, "--report", out)
    page = Balanced()
    page.feed(out.read_text("utf-8"))
    assert page.open == []
    assert not {name for name, _ in page.attributes} & {"src", "href", "onclick", "onload"}
    assert not any(each in out.read_text("utf-8") for each in ("<script", "http", "url(", "@import"))
    text = " ".join(page.text)
    assert "RECONSTRUCTION from reports" in text
    plain = json.loads(run(judge, *files, "--json"))
    assert all(
        f"{one['number']}. " in text or one["verdict"] not in ("broken", "cannot tell") for one in plain["findings"]
    )
    assert plain["agreement"]["sha256"] in text
    assert all(file["sha256"] in text for file in plain["record"]["files"])


def test_a_report_escapes_what_others_wrote(write, tmp_path):
    files = write(RIVER, {"withdrawal": "q2", "known_from": "2017-09-16T22:00Z", "reason": "<script>alert(1)</script>"})
    run(judge, *files, "--report", tmp_path / "o.html")
    assert "<script" not in (tmp_path / "o.html").read_text()
    assert "&lt;script&gt;" in (tmp_path / "o.html").read_text()


HIDDEN = "s\x1b[2J\x1b]0;t\x07\x9b31m\u202ecigol\u200d\x7f"


def test_no_hidden_control_or_direction_reaches_the_terminal_or_the_page(write, tmp_path):
    strike = {"event": "strike", "id": HIDDEN, "by": "us", "at": "2017-09-16T09:00Z", "reported_in": HIDDEN}
    agreement, record = write(RIVER, strike, {"withdrawal": "q2", "known_from": "2017-09-16T22:00Z", "reason": HIDDEN})
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"event": "strike", "by": {"stranger": HIDDEN}, "fields": {}}))
    page = tmp_path / "page.html"
    outputs = [
        CliRunner().invoke(command, [agreement, record, *options], color=True).output
        for command, *options in (
            (judge, "--all"),
            (judge, "--finding", "1"),
            (may, "--event", str(plan)),
            (judge, "--report", str(page)),
        )
    ]
    assert r"\u202e" in outputs[0]
    for text in [*outputs, page.read_text()]:
        assert all(c.isprintable() or c == "\n" for c in text)


def test_an_empty_record_judges_nothing(write, tmp_path):
    agreement, record = write(RIVER)
    first = Path(record).read_text().splitlines()[0]
    (tmp_path / "empty.jsonl").write_text(first)
    output = run(judge, agreement, tmp_path / "empty.jsonl")
    assert "the record holds no act: nothing was judged" in output
    assert "no breach known" not in output
    assert "us not at all, ru not at all" in output


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--clause", "X"), "no clause 'X' in river-2017; known: objection, assent, reasons"),
        (("--finding", "99"), "there is no finding 99; they are numbered 1 to 5"),
    ],
)
def test_what_is_not_there_is_refused(arguments, what, write):
    with pytest.raises(GivenError, match=re.escape(what)):
        run(judge, *write(RIVER), *arguments)


def test_wrong_files_are_refused_with_the_line(write, tmp_path):
    agreement, record = write(RIVER)
    (tmp_path / "bad.yaml").write_text(Path(agreement).read_text().replace("forbid: strike", "forbid strike", 1))
    with pytest.raises(GivenError, match=r"bad.yaml line \d+"):
        run(judge, tmp_path / "bad.yaml", record)
    (tmp_path / "bad.jsonl").write_text(Path(record).read_text() + '{"event": "strike", "id": "z", "by": "usa"}\n')
    with pytest.raises(GivenError, match=r"bad.jsonl line \d+, by: 'usa' is nobody in river-2017"):
        run(judge, agreement, tmp_path / "bad.jsonl")
    annexes = tmp_path / "annex.json"
    annexes.write_text('{"x": {"type": "circle", "coordinates": [370000000, 360000000], "radius": 5}}')
    with pytest.raises(GivenError, match="no annex 'x' in the agreement"):
        run(judge, agreement, record, "--annexes", annexes)
    run(judge, agreement, record, "--as-of", "yesterday", status=2)


def test_annexes(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "agreement: a\nparties: {us: US}\nevents: {strike: {position: point}}\nplaces: {river: {shape: {annex: river}}}\n"
        "clauses: [{id: A, forbid: strike, when: {inside: {within: 2 km, of: river}}}]\n"
    )
    point = {"type": "point", "coordinates": [370000000, 360050000]}
    (tmp_path / "r.jsonl").write_text(
        '{"record": 1, "agreement": "a", "label": "synthetic", "now": "2020-01-01T00:00Z"}\n'
        + json.dumps(
            {"event": "strike", "id": "s", "by": "us", "at": "2019-01-01T00:00Z", "fields": {"position": point}}
        )
    )
    river = {"type": "line", "coordinates": [[369000000, 360000000], [371000000, 360000000]], "edges": "geodesic"}
    (tmp_path / "x.json").write_text(json.dumps({"river": river}))
    files = (tmp_path / "a.yaml", tmp_path / "r.jsonl")
    assert "annex river was not given" in run(judge, *files)
    assert json.loads(run(judge, *files, "--json"))["counts"]["A"] == {"cannot tell": 1}
    assert json.loads(run(judge, *files, "--json", "--annexes", tmp_path / "x.json"))["counts"]["A"] == {"broken": 1}


# before an act


def plan(tmp_path: Path, act: dict[str, object]) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(act))
    return path


def strike(lon: int, lat: int, error: int = 30_000, **more: object) -> dict[str, object]:
    position = {"type": "point", "coordinates": [lon, lat], "error_mm": error}
    return {"event": "strike", "by": "us", "fields": {"position": position, **more}}


def test_no_objection_and_not_yet(write, tmp_path):
    files = write(STORIES[0])
    there = plan(tmp_path, strike(401760000, 352060000, operation="op"))
    output = run(may, *files, "--event", there, "--at", "2016-09-17T12:30Z")
    assert "No objection found in 2 clauses." in output
    assert "It gives nobody leave" in output
    early = run(may, *files, "--event", there, "--at", "2016-09-17T11:45Z", status=3)
    assert "NOT YET" in early
    assert "at the earliest: 17 Sep 2016 12:30:00Z" in early  # the window opens after the half hour is over
    assert "missing: air notice by us" in early
    away = plan(tmp_path, strike(401520000, 352650000, operation="op"))
    output = run(may, *files, "--event", away, "--at", "2016-09-17T12:30Z", status=3)
    assert "none; it waits for somebody" in output
    assert "its place ends 5,112 m" in output


def test_stop_and_cannot_tell(write, tmp_path):
    files = write(FOLDER / "2-urum-al-kubra.md")
    convoy = plan(tmp_path, strike(369680000, 361510000))
    output = run(may, *files, "--event", convoy, "--at", "2016-09-19T16:10Z", status=5)
    assert "STOP: a clause is against it" in output
    assert "rests on a: an arrival by un" in output
    edge = plan(tmp_path, strike(369900000, 361510000, 400_000))
    output = run(may, *files, "--event", edge, "--at", "2016-09-19T16:10Z", status=4)
    assert "CANNOT TELL" in output
    far = plan(tmp_path, strike(379900000, 361510000))
    assert "No objection found in 3 clauses." in run(may, *files, "--event", far, "--at", "2016-09-19T16:10Z")


def test_json_of_may(write, tmp_path):
    files = write(STORIES[0])
    there = plan(tmp_path, strike(401760000, 352060000, operation="op"))
    answer = json.loads(run(may, *files, "--event", there, "--at", "2016-09-17T11:45Z", "--json", status=3))
    assert (answer["word"], answer["earliest"]) == ("not yet", "2016-09-17T12:30:00.000Z")
    assert answer["clauses"][0]["missing"] == ["air notice by us"]
    answer = json.loads(run(may, *files, "--event", there, "--at", "2016-09-17T12:30Z", "--json"))
    assert answer["word"] == "no objection found in 2 clauses"


@pytest.mark.parametrize(
    ("act", "what"),
    [
        ({"event": "raid"}, "'raid' is no event of line-2016; known: strike"),
        ({"id": "x"}, "a plan is one act"),
        ({"event": "strike", "at": "2016-09-17T12:00Z"}, "'at' has no place in a plan"),
        ({"event": "strike", "id": "s1"}, "'s1' is in the record"),
        ({"event": "strike", "by": "fr"}, "'fr' is nobody in line-2016"),
    ],
)
def test_a_plan_that_is_wrong(act, what, write, tmp_path):
    with pytest.raises(GivenError, match=re.escape(what)):
        run(may, *write(STORIES[0]), "--event", plan(tmp_path, act))


def test_nothing_ever_says_that_a_strike_may_be_made(write, tmp_path):
    """Over the stories' own questions and findings; the words of an agreement's clauses are its authors'."""
    for path in STORIES:
        files = write(path)
        story = read_story(path.read_text(), path.name)
        printed = run(judge, *files, "--all")
        for gate in story.gates:
            lines = write_record(History.of(type(story.record)((gate.act,), gate.at)), story.agreement)
            act = json.loads(list(lines)[-1])
            act = {key: value for key, value in act.items() if key not in ("at", "received", "log", "index")}
            act["id"] = "plan"
            result = CliRunner().invoke(
                may, [*files, "--event", str(plan(tmp_path, act)), "--at", "2016-09-17T12:30Z"], catch_exceptions=False
            )
            assert result.exit_code in STATUS.values()
            printed += result.output
        says = " ".join(rule.says for rule in story.agreement.rules.values())
        assert [word for word in FORBIDDEN.findall(printed) if word not in says] == []


def test_the_status_reaches_the_shell(write, tmp_path, detente):
    files = write(STORIES[0])
    there = plan(tmp_path, strike(401760000, 352060000, operation="op"))
    detente("may", *files, "--event", there, "--at", "2016-09-17T11:45Z", status=3)
    assert (
        "known: us, ru"
        in detente("may", *files, "--event", plan(tmp_path, {"event": "strike", "by": "fr"}), status=1).stderr
    )


def test_a_record_given_first_is_told_so(write):
    agreement, record = write(STORIES[0])
    result = CliRunner().invoke(judge, [record, agreement])
    assert isinstance(result.exception, GivenError)
    assert "the agreement comes first" in str(result.exception)
