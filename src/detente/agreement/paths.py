"""What a path may speak of, and what it leads to: every path of an agreement is followed before anything is judged.

`field`, `ref.field`, `span.from`, `received.NAME`, `received.FIELD`, `received.parties`, `its.…` (21-language-reference, 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detente.agreement import form as f
from detente.agreement.source import Node

VERDICTS = ("kept", "broken", "not applicable", "not due", "cannot tell", "disputed", "no breach known", "no verdict")
INSTANTS = ("time", "day")
PLACES = ("point", "area", "line")
NUMBERS = ("count", "length")
DUE = f.Kind("a due time", True, {name: f.Field(name, "day") for name in ("day", "next_day")})
EDGE = f.Kind("a phase's edge", True, {})
HEAD = {
    "id": f.Field("id", "code"),
    "by": f.Field("by", "who"),
    "at": f.Field("at", "time"),
    "from": f.Field("from", "time"),
    "until": f.Field("until", "time"),
}


@dataclass(frozen=True)
class Scope:
    """The act asked about: its kinds (None: any may be), what the findings among them judge, and the act one step out."""

    kinds: tuple[str, ...] | None
    judged: tuple[str, ...] | None = None
    outer: Scope | None = None

    def inner(self, kinds: tuple[str, ...], judged: tuple[str, ...] | None = None) -> Scope:
        """The scope of an act named beside this one."""
        return Scope(kinds, judged, self)


ANY = Scope(None)
NOTHING = Scope((EDGE.name,))


class Paths:
    """Follows paths through the kinds of one agreement."""

    def __init__(self, kinds: Mapping[str, f.Kind], people: set[str]) -> None:
        self.kinds, self.people = kinds, people

    def follow(self, node: Node, path: f.Path, scope: Scope) -> tuple[f.Field, ...]:
        """The fields a path may lead to (none: not known here); refused if it leads nowhere."""
        if path[0] == "its":
            if scope.outer is None and scope.kinds is not None:
                node.fail(f"{'.'.join(path)!r} steps out of the act, but no act stands outside", "name its own field")
            if len(path) == 1:
                node.fail("`its` needs a field", "write its.field")
            return self.follow(node, path[1:], scope.outer or ANY)
        if scope.kinds is None:
            return self._somewhere(node, path)
        found = [self._from(node, path, kind, scope) for kind in scope.kinds]
        return tuple(field for fields in found for field in fields)

    def _from(self, node: Node, path: f.Path, kind: str, scope: Scope) -> tuple[f.Field, ...]:
        head, rest = path[0], path[1:]
        form = {DUE.name: DUE, EDGE.name: EDGE}.get(kind) or self.kinds[kind]
        if kind == "finding" and head not in form.fields and head not in HEAD and head != "received":
            return self._judged(node, path, scope.judged)
        if head in HEAD:
            if rest:
                node.fail(f"{head!r} has no parts", f"write {head}")
            return (HEAD[head],)
        if head == "received":
            return self._received(node, rest, form)
        field = form.fields.get(head)
        if field is None:
            known = ", ".join(sorted(form.fields)) or "none"
            node.fail(f"{kind} has no field {head!r}", f"it has: {known}")
        return self._along(node, field, rest)

    def _judged(self, node: Node, path: f.Path, judged: tuple[str, ...] | None) -> tuple[f.Field, ...]:
        """A finding has the fields of the act judged: every clause asked must judge an act that has them."""
        if judged is None:
            return self._somewhere(node, path)
        if not judged:
            node.fail(f"these findings are on no act, so that they have no field {path[0]!r}")
        for kind in judged:
            known = self.kinds[kind].fields if kind in self.kinds else {}
            if path[0] not in known and kind != "finding":
                what = f"a finding on a {kind} has no field {path[0]!r}"
                node.fail(what, f"it has: act, clause, verdict, {', '.join(sorted(known))}")
        return self.follow(node, path, Scope(judged))

    def _along(self, node: Node, field: f.Field, rest: f.Path) -> tuple[f.Field, ...]:
        if not rest:
            return (field,)
        if field.type == "act":
            if not field.of:
                return self._somewhere(node, rest)
            return self._from(node, rest, field.of, Scope((field.of,)))
        if field.type == "span":
            if rest not in (("from",), ("until",)):
                node.fail(f"a span has no part {'.'.join(rest)!r}", "write .from or .until")
            return (HEAD[rest[0]],)
        node.fail(f"{field.name!r} is of type {field.type}, which has no parts", f"write {field.name}")

    def _received(self, node: Node, rest: f.Path, form: f.Kind) -> tuple[f.Field, ...]:
        if form.event and form.name != "finding":
            node.fail(f"{form.name} is an event; only statements are received")
        named = form.fields.get(rest[0]) if len(rest) == 1 else None
        person = len(rest) == 1 and (rest[0] == "parties" or rest[0] in self.people)
        if rest and not person and (named is None or named.type not in ("who", "addressee")):
            node.fail(
                f"nobody receives under {'.'.join(rest)!r}", "write received.parties, a code, or a field of people"
            )
        return (HEAD["at"],)

    def _somewhere(self, node: Node, path: f.Path) -> tuple[f.Field, ...]:
        """A path from an act of any kind: its first name must be a field of some kind; where it leads is not known."""
        head = path[0]
        known = head in HEAD or head == "received" or any(head in kind.fields for kind in self.kinds.values())
        if not known and head not in DUE.fields:
            node.fail(f"no statement or event has a field {head!r}")
        return ()


def wants(node: Node, fields: tuple[f.Field, ...], types: tuple[str, ...], what: str) -> None:
    """Refuse a path that leads to another type than is meant."""
    for field in fields:
        if field.type not in types:
            node.fail(
                f"{field.name!r} is of type {field.type}, not {what}", f"name a field of type {' or '.join(types)}"
            )
