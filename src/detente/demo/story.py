"""The story of the demo: adopting the Syria reconstruction, and the notices and calls of 17 September 2016.

Only what runs is shown. Reported (fact): strikes from 12:55 to 13:56Z, 37 of them; the notice named a place 9 km south of
the airfield, the targets lay 3 to 6 km south-west; the caller waited 27 minutes and 15 strikes fell meanwhile. Made up:
the adoption, the notice's time and radius, the minute of the call (inferred: 13:56 less 27), every word of the calls.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detente.adapters.bundle_files import read_bundle, write_bundle
from detente.adapters.control import b64, unb64
from detente.adapters.export_folder import export_folder
from detente.adapters.store_shared import SqliteShared
from detente.demo.narrate import FACT, MADE_UP, Narrator
from detente.demo.three import Three
from detente.errors import DetenteError
from detente.model.when import read_instant, show_clock
from detente.proof.receipt import parse_proof

START = read_instant("2016-09-17T09:00:00Z")
OUT = "demo-out"
AIRFIELD_SOUTH = {"lat": 352040000, "lon": 401760000, "radius": 2000}


def at(text: str) -> int:
    """An instant of 17 September 2016."""
    return read_instant(f"2016-09-17T{text}Z")


class Story:
    """Runs the scenes on three nodes and tells them."""

    def __init__(self, three: Three, agreement: bytes, out: Path, narrator: Narrator) -> None:
        self.three, self.agreement, self.out, self.say = three, agreement, out, narrator
        self.scenes: list[Callable[[], None]] = [self.paper, self.notice, self.calls, self.line_cut, self.record]

    def run(self) -> None:
        """All scenes in order."""
        for scene in self.scenes:
            scene()

    def _time(self, text: str) -> None:
        self.three.advance(at(text))
        self.say.clock(self.three.now)

    def _signed(self, answer: dict[str, Any], code: str, number: int = 0) -> tuple[str, dict[str, Any]]:
        """Who signed for a statement, in words, and the receipt."""
        placed = answer["placed"][number]
        receipt = self.three.ask(code, "receipt", origin=placed["origin"], entry=placed["entry"])
        return (
            f"{receipt['by'].split('/')[-2]} signed for entry {placed['entry']} at {show_clock(receipt['at'])}",
            receipt,
        )

    def paper(self) -> None:
        """Adoption, with an altered copy refused line by line."""
        say, three = self.say, self.three
        say.scene(
            "paper",
            "Both sides must sign the same bytes of the agreement and of its terms. The UN takes part without a vote.",
        )
        say.clock(three.now)
        offered = three.ask("us", "offer", wait=True)
        to_ru = next(n for n, p in enumerate(offered["placed"]) if p["origin"].endswith("to-ru"))
        say.both(f"offers the agreement and terms, full text; {self._signed(offered, 'us', to_ru)[0]}", MADE_UP, "", "")
        altered = self.agreement.replace(b"at_least: 24h", b"at_least: 12h")
        three.ask("ru", "offer", agreement=b64(altered), wait=True)
        say.ru("offers a copy in which 24 h has become 12 h", MADE_UP)
        for found in three.ask("us", "compare", code="ru")["differences"]:
            say.us(f"{found['file']} line {found['line']} differs:", MADE_UP)
            say.both(f"  we hold {found['ours'].strip()}", MADE_UP, f"  they offer {found['theirs'].strip()}", MADE_UP)
        try:
            three.ask("us", "adopt")
        except DetenteError as error:
            say.caught(f"us does not sign: {error.code}, fault of {error.party or 'ru'}; {error.advice()}")
        self._time("09:20:00")
        three.ask("ru", "offer", wait=True)
        say.ru("offers the same bytes as us", MADE_UP)
        us, ru = three.ask("us", "adopt", wait=True), three.ask("ru", "adopt", wait=True)
        say.both(f"signs; {self._signed(us, 'us', 0)[0]}", MADE_UP, f"signs; {self._signed(ru, 'ru', 1)[0]}", MADE_UP)
        three.ask("un", "adopt", wait=True)
        say.un("takes part under the same digests, without a vote", MADE_UP)
        states = [three.ask(code, "state") for code in three.configs]
        digests = {state["agreement"][:16] for state in states if state["in_force"]}
        say.plain(
            f"In force on {sum(s['in_force'] for s in states)} of 3 nodes, agreement {', '.join(sorted(digests))}…"
        )

    def notice(self) -> None:
        """A notice, its receipt, and what the receipt proves."""
        say, three = self.say, self.three
        say.scene(
            "17 Sept, the notice", "A notice counts from its receiver's signed receipt, not from its sender's clock."
        )
        self._time("11:30:00")
        fields = {
            "operation": "op-1",
            "place": AIRFIELD_SOUTH,
            "window": {"start": at("12:30:00"), "end": at("15:00:00")},
            "remark": "place as reported of the real notice: 9 km south of the airfield",
        }
        drafted = three.ask("us", "draft", to="ru", kind="notice", fields=fields)
        say.us(f"drafts the notice in its private store (draft {drafted['draft']}); nothing has left", MADE_UP)
        released = three.ask("us", "release", draft=drafted["draft"], wait=True)
        words, receipt = self._signed(released, "us")
        say.us("releases it: an operation 9 km south of the Deir ez-Zor airfield", FACT)
        say.us("notice at 11:30Z, window 12:30–15:00Z, radius 2 km", MADE_UP)
        say.both(f"holds the receipt: {words}", MADE_UP, "stored it durably before signing", MADE_UP)
        folder = self.out / "receipts"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "notice-op-1.tlog-proof"
        path.write_bytes(unb64(receipt["file"]))
        proof = parse_proof(path.read_bytes())
        say.plain(
            f"The receipt is one file of {path.stat().st_size} bytes ({path}), {len(proof.path)} hashes deep; ru cannot deny it."
        )

    def calls(self) -> None:
        """The strikes and the calls, as reported."""
        say, three = self.say, self.three
        say.scene(
            "17 Sept, the calls",
            "The targets lay 3 to 6 km south-west, not 9 km south. The node records who said what and when it was received; "
            "comparing a strike with its notice is the judge's work, and comes with it.",
        )
        self._time("12:55:00")
        say.us("strikes begin at 12:55Z; 37 strikes until 13:56Z", FACT)
        self._time("13:29:00")
        call = {
            "about": "op-1",
            "text": "Our forces are under your strikes near the airfield. We ask for the usual contact.",
        }
        told = three.ask("ru", "say", to="us", kind="call", fields=call, wait=True)
        say.both("", "", f"calls at 13:29Z (inferred: 13:56 less 27 min); {self._signed(told, 'ru')[0]}", MADE_UP)
        say.ru("waits 27 minutes for the usual contact", FACT)
        say.us("15 of the 37 strikes fall meanwhile", FACT)
        self._time("13:56:00")
        answer = {"about": "op-1", "text": "Understood. Strikes on this place have ended."}
        three.ask("us", "say", to="ru", kind="call", fields=answer, wait=True)
        say.us("strikes end at 13:56Z", FACT)
        say.us("answers the call, on the record", MADE_UP)
        say.plain(
            "What the record now proves: the receipt of ru's call carries us's own signature of 13:29Z, 27 minutes before the end."
        )

    def line_cut(self) -> None:
        """The link is cut; statements go on foot; a flipped byte is refused."""
        say, three = self.say, self.three
        say.scene(
            "line cut",
            "The link fails. What us has to say goes to ru as files, in the very bytes the link would have carried.",
        )
        self._time("14:10:00")
        config = three.configs["us"]
        store = SqliteShared(config.shared_db)
        gateway = int(store.meta("gateway pid"))
        os.kill(gateway, signal.SIGSTOP)
        try:
            call = {"about": "op-1", "text": "We repeat by courier: strikes on this place have ended."}
            placed = three.ask("us", "say", to="ru", kind="call", fields=call)["placed"][0]
            say.us(f"the gateway is stopped; entry {placed['entry']} is logged and waits", MADE_UP)
            folder = self.out / "bundle"
            first, end = write_bundle(store, placed["origin"], folder)
            say.us(f"writes a bundle of entries {first} to {end - 1} to {folder}", MADE_UP)
            content = read_bundle(folder)
            self._flipped(content.checkpoint, content.entries)
            request = {"checkpoint": b64(content.checkpoint), "entries": [b64(body) for body in content.entries]}
            answer = three.ask("ru", "bundle", peer="us", requests=[request])["answers"][0]
            say.ru("takes the intact bundle and signs for it", MADE_UP)
            (folder / "receipt").write_bytes(unb64(answer["body"]))
            taken = three.ask("us", "bundle_receipt", receipt=answer["body"])
            say.us(f"the receipt comes back on foot: signed for up to entry {taken['signed_for'] - 1}", MADE_UP)
        finally:
            os.kill(gateway, signal.SIGCONT)
            store.close()
        three.settle()
        say.plain("The link is back; what it sends again is recognised and changes nothing.")

    def _flipped(self, checkpoint: bytes, entries: list[bytes]) -> None:
        body = bytearray(entries[0])
        body[len(body) // 2] ^= 1
        request = {"checkpoint": b64(checkpoint), "entries": [b64(bytes(body))]}
        answer = self.three.ask("ru", "bundle", peer="us", requests=[request])["answers"][0]
        last = self.three.ask("ru", "refusals", last=1)["refusals"][0]
        self.say.ru(f"one byte was flipped on the way: answer {answer['status']}", MADE_UP)
        self.say.caught(
            f"ru refuses: {last['code']}, {last['what']}; nothing of it is stored, fault of {last['party']}"
        )

    def record(self) -> None:
        """The ledgers, written out for anyone to verify."""
        say, three = self.say, self.three
        say.scene("record", "Each node writes what it holds; anyone can verify it offline, with or without Detente.")
        self._time("14:20:00")
        for code, config in three.configs.items():
            export_folder(config, self.out / code)
        us, ru = (f"wrote its ledgers to {self.out / code}" for code in ("us", "ru"))
        say.both(us, MADE_UP, ru, MADE_UP)
        say.un(f"wrote its ledgers to {self.out / 'un'}", MADE_UP)


def run_demo(agreement: bytes, out: Path) -> None:
    """The whole demo into folder `out`: nodes, story, ledgers. Leaves no process behind."""
    narrator = Narrator()
    began = time.monotonic()
    if out.exists():
        shutil.rmtree(out)
    (out / "nodes").mkdir(parents=True)
    narrator.title("DETENTE — three nodes, one story                                        SIMULATED TIME")
    narrator.plain(
        "The Syria agreement here is a reconstruction from press reports, never the text. [fact] was reported; [made up] was "
        "invented for this demo. What the nodes do about it is really run: three pairs of processes over mutual TLS 1.3."
    )
    with Three(out / "nodes", agreement, "syria-2016-07", start=START) as three:
        three.start()
        three.settle()
        for code in three.configs:
            listens = ", ".join(f"{p.port} for {p.code}" for p in three.configs[code].peers.values())
            narrator.plain(f"{code}: supervisor {three.process(code).pid}, listening on {listens}", indent="  ")
        Story(three, agreement, out, narrator).run()
    narrator.plain(f"\nDone in {time.monotonic() - began:.0f} s; all processes have ended.")
