"""The screen of the watch, the card to print, and what is new: an answer of the node as lines of at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.readable import visible
from detente.cli.stop import cut, stop_lines
from detente.desks.phrases import LANGUAGES, PHRASES
from detente.model.when import show_clock, show_duration, show_instant

NOTHING_LIFTED = "A doubt lifts no prohibition and ends no protection; what was received before stands."
Answer = dict[str, Any]


def screen_lines(answer: Answer) -> list[str]:
    """Everything a watch officer looks at."""
    return [part for text in _screen(answer) for part in cut(text)]


def _screen(answer: Answer) -> Iterator[str]:
    now = answer["now"]
    yield f"WATCH  {answer['me']}  {show_instant(now)}  {answer['agreement']}  text {answer['sha256'][:8]}"
    yield _watch_words(answer["watch"], now)
    if answer["stops"] is None:
        yield "STOP: the agreement has no STOP; call by voice"
    else:
        yield from stop_lines(answer["stops"])
        if answer["stops"]["stops"] and not answer["stops"]["alert_command"]:
            yield "  no alert command in node.toml: nothing rings but `detente watch follow`"
    yield from _queue(answer["queue"])
    yield from _others(answer)
    yield " · ".join(_strip(row, now) for row in answer["strip"])
    yield from _silence(answer)
    yield from _suspension(answer)


def _watch_words(held: Answer, now: int) -> str:
    if held["state"] == "nobody on watch":
        return "watch: NOBODY ON WATCH here; take it with: detente watch take"
    since = f"since {show_clock(held['since'])} ({show_duration(max(0, now - held['since']) // 1000 * 1000)})"
    untested = "; line test not answered" if held["state"] == "taken" and held["tested"] else ""
    return f"watch: {held['state']} by {visible(held['post'])}, {held['people']} on watch, {since}{untested}"


def _queue(rows: Sequence[Answer]) -> Iterator[str]:
    waiting = [row for row in rows if row["seen"] is None]
    yield f"waits for a person: {len(waiting) or 'nothing'}; everything else was signed for by the node"
    for row in waiting:
        yield f"  {row['id'][:16]}  {row['kind'].replace('_', ' ')} by {row['by']}: {visible(row['what'])[:60]}"


def _others(answer: Answer) -> Iterator[str]:
    now = answer["now"]
    for peer in answer["peers"]:
        signed = "never signed" if peer["signed"] is None else f"last signed {_ago(peer['signed'], now)}"
        said = "no word of a person yet" if peer["said"] is None else f"a person's last word {_ago(peer['said'], now)}"
        link = "" if peer["link"] else "; link down"
        yield f"{peer['code']}: {peer['words']}{link}; {signed}; {said}"


def _ago(at: int, now: int) -> str:
    return f"{show_clock(at)} ({show_duration(max(0, now - at) // 1000 * 1000)} ago)"


def _strip(row: Answer, now: int) -> str:
    parts = [f"{row['who']}: text {row['text']}"]
    parts += [f"areas v{row['areas']}"] if row["areas"] is not None else []
    parts += [f"sites {row['sites']}"] if row["sites"] is not None else []
    if row["who"] != "we":
        parts.append(
            "never signed" if not row["at"] else f"{show_duration(max(0, now - row['at']) // 1000 * 1000)} ago"
        )
    return " ".join(parts[:1]) + " " + " ".join(parts[1:])


def _silence(answer: Answer) -> Iterator[str]:
    for peer in answer["peers"]:
        if not peer["silent"]:
            continue
        since = "the beginning" if peer["signed"] is None else show_instant(peer["signed"])
        waited = "" if peer["signed"] is None else f" ({show_duration(answer['now'] - peer['signed'])})"
        yield f"SILENCE: nothing {peer['code']} says has reached this node since {since}{waited}"
        yield f"  closed, for nobody can tell what {peer['code']} has said: {_clauses(answer['silence']['closed'])}"
        yield "  closed: whatever counts from its receipt: places handed over, new versions of areas, clocks that run from it"
        yield f"  goes on: every prohibition ({len(answer['silence']['goes_on'])} clauses), own duties, STOP. {NOTHING_LIFTED}"
        at = show_clock(peer["signed"]) if peer["signed"] else "the beginning"
        yield f"  say: {PHRASES['silent'].spoken('en', time=at)}"
        yield f"  code, the same words on both sides: {' '.join(answer['code'])}"


def _suspension(answer: Answer) -> Iterator[str]:
    held = answer["suspension"]
    if held["in_force"] is True:
        yield "the agreement is in force; nothing is suspended"
        return
    if held["in_force"] is None:
        yield "CANNOT TELL whether the agreement is in force: what was said of it may not have arrived, or only just"
    elif held["runs"]:
        yield "SUSPENDED: the joint part has stopped"
    else:
        yield "NOT IN FORCE"
    yield f"  stopped: {_clauses(held['closed'])}"
    yield f"  goes on: {_clauses(held['goes_on'])}"


def _clauses(names: Sequence[str]) -> str:
    return ", ".join(names) or "no clause"


# the card


def card_lines(answer: Answer) -> list[str]:
    """What is needed at a desk without a node, on paper."""
    return [part for text in _card(answer) for part in cut(text)]


def _card(answer: Answer) -> Iterator[str]:
    me, now = answer["me"], answer["now"]
    yield f"CARD FOR THE WATCH WITHOUT A NODE   {me}   {answer['agreement']}   printed {show_instant(now)}"
    yield f"text {answer['sha256'][:16]}; code, the same words on both sides: {' '.join(answer['code'])}"
    yield ""
    yield "While this node is down or a line is cut"
    yield "  goes on: every prohibition, every protected place, every STOP received before; own duties; the line"
    yield f"  closed: whatever asks what another may have said: {_clauses(answer['silence']['closed'])}"
    yield f"  {NOTHING_LIFTED}"
    yield "  STOP by voice: detente stop form, or the phrases below. Write down: to whom, post, said at, heard at, repeated."
    yield "  No answer after 60 s: the next post. After 120 s: own operations."
    yield ""
    yield "STOPs that stood when this was printed"
    yield from (
        f"  {text}" for text in (stop_lines(answer["stops"]) if answer["stops"] else ["no STOP in this agreement"])
    )
    yield ""
    yield "Versions when this was printed"
    yield from (f"  {_strip(row, now)}" for row in answer["strip"])
    for language, title in LANGUAGES.items():
        yield ""
        yield f"[{title}]"
        named = dict.fromkeys(("them", "what", "reason", "time", "post"), "______") | {"us": me}
        yield from (f"  {key}: {phrase.spoken(language, **named)}" for key, phrase in PHRASES.items())


# what is new


def news(answer: Answer) -> dict[str, tuple[str, str, bool]]:
    """Key to its state, the line to print when that changes, and whether it rings."""
    found: dict[str, tuple[str, str, bool]] = {}
    at = show_clock(answer["now"])
    stops = answer["stops"] or {"stops": [], "alarms": {}, "by_voice": []}
    for one in stops["stops"]:
        for line in one["lines"]:
            rings = line["to"] == answer["me"] and one["id"] in stops["alarms"]
            text = f"{at}  STOP {one['id'][:16]} by {one['by']} to {line['to']}: {line['state']}: {visible(one['reason'])[:60]}"
            found[f"{one['id']} {line['to']}"] = (line["state"], text, rings or line["state"] == "not received")
    for row in answer["queue"]:
        if row["seen"] is None:
            text = (
                f"{at}  {row['kind'].replace('_', ' ')} by {row['by']}: {visible(row['what'])[:60]} ({row['id'][:16]})"
            )
            found[row["id"]] = ("waits", text, True)
    for peer in answer["peers"]:
        found[f"peer {peer['code']}"] = (peer["words"], f"{at}  {peer['code']}: {peer['words']}", peer["silent"])
    return found
