"""Scene *trial*: seven calm days counted on the nodes' own records, a ground attack on the fourth, and its finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from detente.agreement import wording as w
from detente.agreement.distances import Distances
from detente.agreement.explain import explain
from detente.agreement.finding import Finding, digest_of
from detente.agreement.judge import Judge
from detente.agreement.judge.streaks import Day
from detente.agreement.record import Act, Interval, Record
from detente.agreement.values import F, T
from detente.demo.narrate import MADE_UP
from detente.demo.stage import PARTIES, Stage, short
from detente.model.when import show_clock

ATTACK_DAY = 7
DAYS = range(4, 16)
DAY = 86_400_000
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

    def in_a_row(self, until: Day) -> int:
        """Calm days up to one of them."""
        count = 0
        for day in self.days():
            if day.day <= until.day:
                count = count + 1 if day.value is T else 0
        return count

    def breaches(self, day: Day | None = None) -> list[Finding]:
        """Breaches of the clauses on ground attacks, and doubts of one; on one day only if it is named."""
        found = [one for one in self.judge.findings() if one.clause in GROUND and one.verdict in DOUBT]
        return [
            one for one in found if day is None or (one.at and day.last - DAY < one.at[1] and one.at[0] <= day.last)
        ]

    def watchers(self, day: Day) -> list[str]:
        """Who said on that day that it watched."""
        first = day.last - DAY
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
        "attack is known. Each node counts on its own copy of the two logs between us and ru, and on nothing else. That "
        "nothing is known is no proof that nothing happened.",
    )
    counted: set[date] = set()
    for day in DAYS:
        _day(stage, day, counted)
    one, two = _both(stage)
    _compare(stage, one, two)
    opening = Judge.over(stage.agreement, Distances(), one.record).may(
        Act("plan", "opening_of_centre", frozenset({"us"})), stage.three.now
    )
    (calm,) = [each for each in opening if each.clause == "X-calm"]
    say.plain(f"Asked now whether the centre may open, X-calm answers: {calm.verdict}.")


def _day(stage: Stage, number: int, counted: set[date]) -> None:
    """One day: the line is tried, both say that they watched, midnight comes, both nodes count what is settled."""
    stage.pass_to(f"{number} 08:30")
    stage.each("line_test")
    if number == ATTACK_DAY:
        _attack(stage)
    stage.pass_to(f"{number} 19:30")
    placed = {code: stage.state(code, "watch_report", **WATCHED[code]) for code in PARTIES}
    if number == DAYS[0]:
        us, ru = (f"says that it watched: {WATCHED[c]['where']}; {stage.signed(placed[c], c)[0]}" for c in PARTIES)
        stage.say.both(us, MADE_UP, ru, MADE_UP)
        settle = w.duration_ms(stage.agreement.settle)
        stage.say.plain(f"A calm day counts {settle} after its end: an account of it may still come (settle, assumed).")
    stage.pass_to(f"{number} 21:00")
    one, two = _both(stage)
    for day in one.days():
        if day.value in (T, F) and day.day not in counted:
            counted.add(day.day)
            stage.say.item(_counted(one, two, day))
            if day.value is F:
                _finding(stage, one, two, day)


def _counted(one: Seen, two: Seen, day: Day) -> str:
    """What both nodes count of a day, or where they differ."""
    number = (day.day - one.days()[0].day).days + 1
    rows = [f"day {number}, {day.day:%d %b}: watched by {w.listed(one.watchers(day), 'and')}"]
    broken = {finding.clause for finding in one.breaches(day)}
    if free := [name for name in GROUND if name not in broken]:
        rows.append(f"no breach known of {w.listed(free, 'and')}")
    rows += [f"breach known of {name}" for name in sorted(broken)]
    rows.append("calm" if day.value is T else "not calm, the count begins again")
    here, there = one.in_a_row(day), two.in_a_row(day)
    both = "on both nodes" if here == there else f"on us's node, {there} on ru's"
    return f"{'; '.join(rows)}: {here} of 7 {both} {MADE_UP}"


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


def _finding(stage: Stage, one: Seen, two: Seen, day: Day) -> None:
    """The one breach: charged, both accounts of it, explained on one screen, and the same on both nodes."""
    say = stage.say
    for finding in one.breaches(day):
        say.caught(
            f"{finding.clause} {finding.verdict}, bound: {finding.bearer}; asked: {finding.answers}, its guarantor"
        )
        act = next(act for act in one.record.acts if act.id == finding.act)
        told = {account.source: act.told_by(account).at or Interval(0, 0) for account in act.accounts}
        us, ru = (f"by {c}'s account between {show_clock(told[c].lo)} and {show_clock(told[c].hi)}" for c in PARTIES)
        say.both(us, MADE_UP, ru, MADE_UP)
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
