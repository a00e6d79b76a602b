"""Scene *paper*: the draft is checked, an altered copy is refused by its lines, and both sign the same bytes."""

from __future__ import annotations

from detente.adapters.control import b64
from detente.agreement.distances import Distances
from detente.agreement.drafting.advice import TITLES, Advice
from detente.agreement.drafting.check import drafting
from detente.agreement.drafting.examplewords import deed_words, judge_words
from detente.agreement.form import Agreement
from detente.demo.narrate import MADE_UP
from detente.demo.stage import Stage
from detente.errors import DetenteError

SHOWN = ("conflict", "gap", "readings")


def paper(stage: Stage) -> None:
    """Adoption, after what the draft leaves open has been shown, with an altered copy refused line by line."""
    say, three = stage.say, stage.three
    say.scene(
        "paper",
        "Both load the draft and look for what it leaves open. Then both must sign the same bytes of the agreement and of "
        "its terms; the UN takes part without a vote.",
    )
    say.clock(three.now)
    _drafting(stage)
    offered = three.ask("us", "offer", wait=True)
    to_ru = next(p for p in offered["placed"] if p["origin"].endswith("to-ru"))
    say.us(f"offers the agreement and terms, full text; {stage.signed(to_ru, 'us')[0]}", MADE_UP)
    altered = stage.text.replace(b"at_least: 24h", b"at_least: 12h")
    three.ask("ru", "offer", agreement=b64(altered), wait=True)
    say.ru("offers a copy in which 24 h has become 12 h", MADE_UP)
    for found in three.ask("us", "compare", code="ru")["differences"]:
        clause = _clause_at(stage.agreement, int(found["line"]))
        say.us(f"{found['file']} line {found['line']} ({clause}) differs:", MADE_UP)
        say.both(f"  we hold {found['ours'].strip()}", MADE_UP, f"  they offer {found['theirs'].strip()}", MADE_UP)
    try:
        three.ask("us", "adopt")
    except DetenteError as error:
        say.caught(f"us does not sign: {error.code}, fault of {error.party or 'ru'}; {error.advice()}")
    stage.time("3 20:40")
    three.ask("ru", "offer", wait=True)
    say.ru("offers the same bytes as us", MADE_UP)
    us, ru = (three.ask(code, "adopt", wait=True)["placed"] for code in ("us", "ru"))
    to_us = next(p for p in ru if p["origin"].endswith("to-us"))
    say.both(f"signs; {stage.signed(us[0], 'us')[0]}", MADE_UP, f"signs; {stage.signed(to_us, 'ru')[0]}", MADE_UP)
    three.ask("un", "adopt", wait=True)
    say.un("takes part under the same digests, without a vote", MADE_UP)
    states = [three.ask(code, "state") for code in three.configs]
    digests = {state["agreement"][:16] for state in states if state["in_force"]}
    say.plain(f"In force on {sum(s['in_force'] for s in states)} of 3 nodes, agreement {', '.join(sorted(digests))}…")


def _drafting(stage: Stage) -> None:
    """The heaviest drafting findings, shortened; `detente check` shows all with their examples."""
    say, agreement = stage.say, stage.agreement
    found = drafting(agreement, Distances())
    shown = [advice for advice in found.advice if advice.kind in SHOWN]
    say.both(f"loads {agreement.code}, {agreement.digest[:12]}…", MADE_UP, "loads the same file", MADE_UP)
    say.plain(f"The drafting checks find {len(found.advice)} things the text leaves open. The heaviest {len(shown)}:")
    for number, advice in enumerate(shown, 1):
        say.item(f"{number}. {TITLES[advice.kind]}: {advice.says}")
        if advice is shown[0] or "grounded" in advice.says:
            _example(stage, advice)
    rest = len(found.advice) - len(shown)
    say.plain(f"{found.judged} made-up situations were judged for this; {rest} more findings: detente check FILE.")
    if found.skipped:
        say.plain(f"Not looked for, since Z3 is not installed: {'; '.join(found.skipped)}.")


def _example(stage: Stage, advice: Advice) -> None:
    for one in advice.shown[:1]:
        stage.say.item(f"   e.g. {deed_words(one.example)} {judge_words(stage.agreement, one)}")


def _clause_at(agreement: Agreement, line: int) -> str:
    """The clause (or definition) in which a line of the file stands."""
    rules = [rule for rule in agreement.rules.values() if rule.line <= line]
    return max(rules, key=lambda rule: rule.line).id if rules else "definitions"
