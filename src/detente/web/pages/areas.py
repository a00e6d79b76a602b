"""The areas page: table, map, proposing by drawing or file, agreeing, taking a key off, and the joint picture's words."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from detente.adapters.area_files import read_areas
from detente.desks.areas import VOCABULARY
from detente.errors import GivenError
from detente.web.map_data import features
from detente.web.render import Form, Pages
from detente.web.vendored import OL_CSS, OL_JS

CURRENT = ("proposed", "countered", "agreed")


def routes(pages: Pages, classes: tuple[str, ...]) -> list[Route]:
    """`/areas`, its acts, and what its map shows."""

    async def show(request: Request) -> Response:
        found = await pages.line.ask("areas")
        picture = await pages.line.ask("picture")
        return await pages.show(
            request, "areas.html", "areas", areas=[one for one in found["areas"] if one["state"] in CURRENT],
            over=[one for one in found["areas"] if one["state"] not in CURRENT], opposition=found["opposition"], me=found["me"],
            picture=picture, classes=classes, ol_js=OL_JS, ol_css=OL_CSS,
        )  # fmt: skip

    async def on_map(_: Request) -> Response:
        return JSONResponse(features(await pages.line.ask("areas")))

    async def propose(request: Request, form: Form) -> str:
        outline, name = form.get("outline", "").encode(), "outline"
        file = (await request.form()).get("file")
        if isinstance(file, UploadFile) and file.filename:
            outline, name = await file.read(), file.filename
        if not outline.strip():
            raise GivenError("area-file-invalid", "no outline: draw one, paste one, or choose a file", where="outline")
        found = read_areas(
            name, outline, edges=form.get("edges", ""), datum=form.get("datum", ""), grid=form.get("grid", "")
        )
        named = [each for each in found if each.code == form.get("area")] or (found if len(found) == 1 else [])
        if not named:
            known = ", ".join(each.code for each in found)
            raise GivenError("unknown-name", f"no area {form.get('area')!r} in it; known: {known}", where=name)
        version = form.get("version", "")
        fields = {
            "area": form.get("area", ""), "version": int(version) if version.isdigit() else version,
            "class": form.get("class", ""), "shape": msgspec.to_builtins(named[0].shape),
        }  # fmt: skip
        remarks = "".join(f" Look at this: {each}." for each in named[0].remarks)
        return await say(pages, request, VOCABULARY, "designation", fields, form.get("then", "")) + remarks

    async def agree(request: Request, form: Form) -> str:
        found = (await pages.line.ask("areas"))["areas"]
        waiting = [one for one in found if (one["area"], str(one["version"])) == (form["area"], form["version"])]
        waiting = [one for one in waiting if one["state"] in ("proposed", "countered")]
        if len(waiting) != 1:
            raise GivenError(
                "unknown-name", f"{len(waiting)} proposals of {form['area']} v{form['version']} wait", where="area"
            )
        one = waiting[0]
        fields = {"area": one["area"], "version": one["version"], "class": one["proposed_class"], "shape": one["shape"]}
        return await say(pages, request, VOCABULARY, "designation", fields, "say")

    async def revoke(request: Request, form: Form) -> str:
        return await say(pages, request, VOCABULARY, "revocation", {"area": form["area"]}, "say")

    async def words(request: Request, form: Form) -> str:
        found = await pages.line.ask("picture", challenge="".join(form["challenge"].split()).lower())
        return f"Read aloud: {' · '.join(found['words'])}"

    return [
        Route("/areas", pages.page("areas", show)),
        Route("/map/areas", pages.page("areas", on_map)),
        Route("/areas/propose", pages.act("areas.propose", propose, "areas"), methods=["POST"]),
        Route("/areas/agree", pages.act("areas.agree", agree, "areas"), methods=["POST"]),
        Route("/areas/revoke", pages.act("areas.revoke", revoke, "areas"), methods=["POST"]),
        Route("/areas/words", pages.act("areas.words", words, "areas"), methods=["POST"]),
    ]


async def say(pages: Pages, request: Request, vocabulary: str, name: str, fields: dict[str, Any], then: str) -> str:
    """Put a statement of a desk's vocabulary forward (`say`), or keep it as a draft; what came of it, in words."""
    words = name.replace("_", " ")
    said = {"to": "", "kind": "said", "fields": {"vocabulary": vocabulary, "name": name, "fields": fields}}
    if then != "say":
        answer = await pages.send(request, "draft", **said)
        return f"Draft {answer['draft']} of a {words} is kept for the release officer; nothing has left."
    return came_of(words, await pages.send(request, "say", **said))


def came_of(words: str, answer: dict[str, Any]) -> str:
    """What has left and where it stands; or that it waits, and for whom."""
    if answer["placed"]:
        placed = ", ".join(f"entry {one['entry']} of {one['origin']}" for one in answer["placed"])
        return f"Said: {words}. It stands as {placed}."
    quorum = answer["state"].get("quorum")
    whom = f" for {', '.join(quorum['waiting'])}" if quorum and quorum["waiting"] else ""
    return f"Nothing has left yet: the {words} waits{whom} as draft {answer['draft']}; see Release."
