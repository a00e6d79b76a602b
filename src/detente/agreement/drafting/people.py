"""Who may stand for the words of a clause, seen from an act of a scene."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement.drafting.scene import STRANGER, Scene


def codes(scene: Scene, whos: f.Whos | None, id: str, chain: tuple[str, ...] = ()) -> list[str]:
    """Codes these words may mean, asked from the act `id`; parties first. None: anybody."""
    agreement = scene.agreement
    parties, actor = list(agreement.parties), scene.acts[id].by if id in scene.acts else ""
    if whos is None:
        return parties
    found: list[str] = []
    for who in whos:
        if isinstance(who, f.Person):
            found.append(who.code)
        elif isinstance(who, f.GuarantorOf | f.WhoPath):
            value = read(scene, who.path, chain or (id,))
            if isinstance(value, str):
                found.append(guarantor(agreement, value) if isinstance(who, f.GuarantorOf) else value)
        elif who.word in ("parties", "anyone"):
            found += parties
        elif who.word == "actor":
            found.append(actor)
        elif who.word == "other":
            found += [code for code in parties if code != actor]
        else:
            found.append(guarantor(agreement, actor))
    return list(dict.fromkeys(code for code in found if code))


def guarantor(agreement: f.Agreement, code: str) -> str:
    """Who answers for somebody; a party for itself, "" for one without."""
    if code in agreement.parties:
        return code
    return agreement.others[code].guarantor if code in agreement.others else ""


def everybody(agreement: f.Agreement) -> list[str]:
    """All codes, and one whom nobody names."""
    return [*agreement.others, STRANGER, *agreement.parties]


def members(agreement: f.Agreement, code: str) -> set[str]:
    """A code with its members, and theirs."""
    found = {code}
    for member in agreement.others[code].members if code in agreement.others else ():
        found |= members(agreement, member)
    return found


def read(scene: Scene, path: f.Path, chain: tuple[str, ...]) -> object:
    """What a path gives, seen from the last act of a chain; None if nothing."""
    while path and path[0] == "its" and len(path) > 1:
        chain, path = chain[:-1], path[1:]
        if not chain:
            return None
    draft = scene.acts.get(chain[-1])
    if draft is None:
        return None
    head = {"at": draft.at, "by": draft.by, "id": draft.id}.get(path[0])
    value = head if head is not None else draft.fields.get(path[0])
    if path[0] == "received":
        return draft.at
    for part in path[1:]:
        if isinstance(value, tuple) and part in ("from", "until"):
            value = value[0 if part == "from" else 1]
        elif isinstance(value, str) and value in scene.acts:
            return read(scene, path[1:], (*chain, value))
        else:
            return None
    return value
