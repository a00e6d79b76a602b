"""Two places that `detente lists nominate` does not hand over until a person has looked: the command itself is run."""

from __future__ import annotations

import subprocess
import sys

from detente.demo.narrate import MADE_UP
from detente.demo.stage import Stage
from detente.model.when import write_instant

NORTHING, EASTING = 3_987_513, 279_108
"""Metres of a place inside a-1 on SK-42, Gauss-Krüger zone 7; without its zone number it reads as UTM 37."""
VILLAGES = "geonameid,name,lat,lon,cc,alternatenames\n1,Tal Madiq,36.0,36.55,SY,\n2,Tall Madiqa,36.7,36.75,SY,\n"
HOUR = 3_600_000


def kept_back(stage: Stage) -> None:
    """SK-42 read as UTM, and a village with a near-twin: what the command says, and that nothing left."""
    say = stage.say
    file = stage.out / "villages.csv"
    file.write_text(VILLAGES)
    say.us("types a place of an SK-42 map as if it were UTM; a second source has it as written", MADE_UP)
    second = ("SK-42", "GK 7", f"{NORTHING} 7{EASTING}")
    _run(stage, "--place", f"{EASTING} {NORTHING}", "--datum", "WGS84", "--grid", "UTM 37 north", "--second", *second)
    say.us("types a place near a village whose name is two letters from another's", MADE_UP)
    place = ("--place", "36.0001 N 36.5501 E", "--datum", "WGS84", "--grid", "geographic")
    _run(stage, *place, "--named", "Tal Madiq", "--gazetteer", str(file))


def _run(stage: Stage, *place: str) -> None:
    """The command at us's node with nobody to ask: its warnings, and what it refuses."""
    start = stage.three.now + 30 * HOUR
    window = (write_instant(start), write_instant(start + HOUR))
    command = [
        sys.executable, "-m", "detente.cli.main", "lists", "nominate", "--node", str(stage.three.configs["us"].folder),
        "--target", "t-9", "--group", "nusra", "--radius", "300", "--area", "a-1", "--window", *window, "--release", *place,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    for line in done.stderr.splitlines():
        if line.startswith("warning: "):
            stage.say.item(f"{line} {MADE_UP}")
    held = [one["target"] for one in stage.three.ask("ru", "lists")["items"]]
    if done.returncode and "t-9" not in held:
        stage.say.caught("not handed over: a person has to look first, and name each warning [not-confirmed]")
