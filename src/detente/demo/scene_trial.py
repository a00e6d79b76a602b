"""Scene *trial*: seven calm days counted on the nodes' own records, a ground attack on the fourth, and its finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detente.agreement import wording as w
from detente.agreement.distances import Distances
from detente.agreement.explain import explain
from detente.agreement.finding import Finding, digest_of
from detente.agreement.judge import Judge
from detente.agreement.judge.streaks import Day
from detente.agreement.record import Act, Record
from detente.agreement.values import F, T
from detente.demo.narrate import MADE_UP
from detente.demo.stage import PARTIES, Stage, short

ATTACK_DAY = 8
DAYS = range(5, 16)
GROUND = ("X-ground", "X-ground-opposition")
DOUBT = ("broken", "disputed", "cannot tell")
WATCHED = {
    "us": {"where": "both sides of the line from Idlib to Hama", "how": "calls with monitors on the ground"},
    "ru": {"where": "the roads to Aleppo and Hama", "how": "observers with the forces there"},
}


@dataclass(frozen=True)
class Seen:
    """What one node's judge makes of its own record at one instant."""

    record: Record
    judge: Judge

    def days(self) -> list[Day]:
        """The days counted so far."""
        return self.judge.days("calm_week")

    def in_a_row(self) -> int:
        """Calm days up to the last one."""
        count = 0
        for day in self.days():
            count = count + 1 if day.value is T else 0
        return count

    def broken(self) -> list[Finding]:
        """Breaches of the clauses on ground attacks."""
        return [one for one in self.judge.findings() if one.clause in GROUND and one.verdict == "broken"]

    def doubt(self) -> set[str]:
        """Clauses on ground attacks of which a breach, or a doubt of one, is known."""
        return {one.clause for one in self.judge.findings() if one.clause in GROUND and one.verdict in DOUBT}

    def watchers(self, day: Day) -> list[str]:
        """Who said on that day that it watched."""
        first = day.last - 86_400_000
        reports = [act for act in self.record.acts if act.kind == "watch_report"]
        return sorted({who for a in reports if first < min(a.received.values()).hi <= day.last for who in a.by})


def see(stage: Stage, code: str) -> Seen:
    """A node's judge over the logs that both sides hold."""
    record = stage.record(code, pair=True).current()
    return Seen(record, Judge.over(stage.agreement, Distances(), record))


def trial(stage: Stage) -> None:
    """Seven calm days, with one that is not."""
    say = stage.say
    say.scene(
        "trial",
        "The centre opens only after seven whole days in a row (Damascus time) on which both sides watched and no ground "
        "attack is known. Each node counts on its own record; that nothing is known is no proof that nothing happened.",
    )
    for day in DAYS:
        _day(stage, day)
    one, two = _both(stage)
    _compare(stage, one, two)
    opening = Judge.over(stage.agreement, Distances(), one.record).may(
        Act("plan", "opening_of_centre", frozenset({"us"})), stage.three.now
    )
    (calm,) = [each for each in opening if each.clause == "X-calm"]
    say.plain(f"Asked now whether the centre may open, X-calm answers: {calm.verdict}.")


def _day(stage: Stage, day: int) -> None:
    """One day: the line is tried, both say that they watched, midnight comes, both nodes count."""
    stage.pass_to(f"{day} 08:30")
    for code in PARTIES:
        stage.state(code, "line_test")
    if day == ATTACK_DAY:
        _attack(stage)
    stage.pass_to(f"{day} 19:30")
    placed = {code: stage.state(code, "watch_report", **WATCHED[code]) for code in PARTIES}
    if day == DAYS[0]:
        us, ru = (f"says that it watched: {WATCHED[c]['where']}; {stage.signed(placed[c], c)[0]}" for c in PARTIES)
        stage.say.both(us, MADE_UP, ru, MADE_UP)
    stage.pass_to(f"{day} 21:00")
    one, two = _both(stage)
    stage.say.item(_counted(stage, one, two, day))
    if day == ATTACK_DAY:
        _finding(stage, one, two)


def _counted(stage: Stage, one: Seen, two: Seen, number: int) -> str:
    """What both nodes counted, or where they differ."""
    day = one.days()[-1]
    rows = [f"day {number - DAYS[0] + 1}, {number} Sept", f"watched by {w.listed(one.watchers(day), 'and')}"]
    doubt = one.doubt() if day.value is not T else set()
    free = [name for name in GROUND if name not in doubt]
    if free:
        rows.append(f"no breach known of {w.listed(free, 'and')}")
    rows += [f"breach known of {name}" for name in sorted(doubt)]
    word = {T: "calm", F: "not calm, the count begins again"}.get(day.value, "whether calm cannot be told yet")
    same = [each.value for each in one.days()] == [each.value for each in two.days()]
    both = "on both nodes" if same else f"on us's node; ru's node counts {two.in_a_row()}"
    return f"{'; '.join(rows)}: {word}; {one.in_a_row()} of 7 {both} {MADE_UP}"


def _attack(stage: Stage) -> None:
    """us tells of a ground attack; the guarantor tells of the same one, differently, and does not deny it."""
    say = stage.say
    stage.time(f"{ATTACK_DAY} 12:00")
    told: dict[str, Any] = {
        "incident": "inc-1",
        "against": "opposition",
        "position": _cell(359510000, 368020000, 500, "35.951 N 36.802 E"),
    }
    account = stage.tell("us", "ground_attack", "regime", (f"{ATTACK_DAY} 10:05", f"{ATTACK_DAY} 10:20"), **told)
    say.us("tells of a ground attack by government forces on the opposition, 10:05 to 10:20Z", MADE_UP)
    stage.pass_to(f"{ATTACK_DAY} 15:00")
    beside = {**told, "position": _cell(359330000, 367950000, 2_000, "35.933 N 36.795 E")}
    stage.tell("ru", "ground_attack", "regime", (f"{ATTACK_DAY} 10:30", f"{ATTACK_DAY} 11:00"), about=account, **beside)
    say.ru("tells of the same, its account beside: 10:30 to 11:00Z, 2 km farther south, under fire from there", MADE_UP)


def _cell(lat: int, lon: int, metres: int, verbatim: str) -> dict[str, Any]:
    return {
        "type": "cell", "coordinates": [lon, lat], "error": metres * 1000,
        "verbatim": verbatim, "datum": "WGS84", "grid": "degrees",
    }  # fmt: skip


def _both(stage: Stage) -> tuple[Seen, Seen]:
    return see(stage, "us"), see(stage, "ru")


def _finding(stage: Stage, one: Seen, two: Seen) -> None:
    """The one breach: charged, explained on one screen, and the same on both nodes."""
    say = stage.say
    for finding in one.broken():
        say.caught(f"{finding.clause} broken by {finding.bearer}; asked: {finding.answers}, its guarantor")
    _compare(stage, one, two)
    texts = [_explained(stage, seen) for seen in (one, two)]
    same = "in the same words on both nodes" if texts[0] == texts[1] else "on us's node (ru's node words it otherwise)"
    say.plain(f"That finding explained, {same}; one screen of {len(texts[0].splitlines())} lines:")
    say.screen(texts[0])


def _explained(stage: Stage, seen: Seen) -> str:
    """The breach in words, with ids shortened."""
    record, geometry = short(seen.record), Distances()
    found = Judge.over(stage.agreement, geometry, record).findings()
    finding = next(one for one in found if one.clause == GROUND[0] and one.verdict == "broken")
    return explain(stage.agreement, finding, record, geometry=geometry)


def _compare(stage: Stage, one: Seen, two: Seen) -> None:
    """The digest of all findings on each node."""
    found = [seen.judge.findings() for seen in (one, two)]
    digests = [digest_of(each) for each in found]
    us, ru = (f"{len(each)} findings, digest {digest[:16]}…" for each, digest in zip(found, digests, strict=True))
    stage.say.both(us, MADE_UP, ru, MADE_UP)
    if digests[0] == digests[1]:
        stage.say.plain("Both judges, each on its own node's record, find the same: the digests are equal.")
    else:
        stage.say.caught("the digests differ: the two records are not the same")
