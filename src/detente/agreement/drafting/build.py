"""Scenes in which a condition of an agreement holds or does not: proposals, by backtracking over the clauses' own words.

What cannot be written on purpose (findings, civil times) is left as it is; the judge says whether the scene serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from detente.agreement import form as f
from detente.agreement.drafting import people
from detente.agreement.drafting.scene import HOUR, Draft, Scene, length
from detente.agreement.drafting.spans import phase_truth
from detente.agreement.drafting.spots import centre, place_truth, where
from detente.agreement.geometry import Geometry
from detente.agreement.record import Region, Span

Chain = tuple[str, ...]
_DEEP = 8


class Builder:
    """Writes scenes. `clause`: what `this` means."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.clause = ""

    def truth(self, scene: Scene, condition: f.Condition, want: bool, chain: Chain) -> Iterator[Scene]:
        """Scenes in which a condition on the last act of the chain is as wanted."""
        if len(chain) > _DEEP:
            return
        if isinstance(condition, f.All | f.Any_):
            every = want == isinstance(condition, f.All)
            yield from self._several(scene, condition.items, want, chain, every=every)
        elif isinstance(condition, f.Named):
            yield from self.truth(scene, scene.agreement.define[condition.name], want, chain)
        elif isinstance(condition, f.Not):
            yield from self.truth(scene, condition.item, not want, chain)
        elif isinstance(condition, f.Ask):
            yield from self._ask(scene, condition, want, chain)
        elif isinstance(condition, f.Inside):
            found = where(scene, chain[-1])
            if found is not None:
                yield from place_truth(self, scene, chain, found[1], condition.place, want)
        elif isinstance(condition, f.During):
            yield from phase_truth(self, scene, condition.phase, want, scene.acts[chain[-1]].at, chain)
        elif isinstance(condition, f.Is):
            yield from self._is(scene, condition, want, chain)
        elif isinstance(condition, f.Given):
            yield from self._given(scene, condition.field, want, chain)
        elif isinstance(condition, f.ElapsedIs):
            yield from self._elapsed(scene, condition, want, chain)
        else:
            yield scene  # civil time: the worlds of the search differ in it

    def _several(
        self, scene: Scene, items: tuple[f.Condition, ...], want: bool, chain: Chain, *, every: bool
    ) -> Iterator[Scene]:
        if not every:
            for item in items:
                yield from self.truth(scene, item, want, chain)
        elif not items:
            yield scene
        else:
            for first in self.truth(scene, items[0], want, chain):
                yield from self._several(first, items[1:], want, chain, every=True)

    # the act's own fields

    def _is(self, scene: Scene, condition: f.Is, want: bool, chain: Chain) -> Iterator[Scene]:
        path, matcher = condition.path, condition.matcher
        while path[0] == "its" and len(path) > 1:
            chain, path = chain[:-1], path[1:]
            if not chain:
                return
        if len(path) > 1:
            ref = people.read(scene, path[:1], chain)
            if isinstance(ref, str) and ref in scene.acts:
                yield from self._is(scene, f.Is(path[1:], matcher), want, (*chain, ref))
            return
        name, id = path[0], chain[-1]
        if isinstance(matcher, f.FieldInside):
            middle = centre(scene.acts[id].fields.get(name))
            if middle is not None:
                yield from place_truth(self, scene, chain, middle, matcher.place, want)
            return
        for value in self._values(scene, name, matcher, want, chain):
            fixed = self._set(scene, id, name, value)
            if fixed is not None:
                yield fixed

    @staticmethod
    def _set(scene: Scene, id: str, name: str, value: object) -> Scene | None:
        draft = scene.acts[id]
        if name == "by":
            return scene if draft.by == value else None
        if name in ("at", "id"):
            return scene if people.read(scene, (name,), (id,)) == value else None
        return scene.fix(id, name, value)

    def _values(self, scene: Scene, name: str, matcher: f.Matcher, want: bool, chain: Chain) -> Iterator[object]:
        """Values of a field that fit (or do not fit) a matcher, the present one first."""
        draft = scene.acts[chain[-1]]
        form = scene.agreement.kinds[draft.kind].fields.get(name)
        now = people.read(scene, (name,), chain)
        if isinstance(matcher, f.OneOf):
            given = [self._value(scene, value, chain) for value in matcher.values]
            named = {m for g in given if isinstance(g, str) for m in people.members(scene.agreement, g)}
            if want:
                yield from sorted((g for g in given if g is not None), key=lambda g: g != now)
                return
            if now is not None and now not in named:
                yield now
            if form is not None and form.type == "enum":
                yield from (value for value in form.values if value not in named)
            elif form is not None and form.type in ("who", "addressee"):
                yield from (code for code in people.everybody(scene.agreement) if code not in named)
            elif form is not None:
                yield f"other {name}"
        elif isinstance(matcher, f.Range):
            low, high = self._bound(scene, matcher.at_least, chain), self._bound(scene, matcher.at_most, chain)
            fits = [bound for bound in (low, high) if bound is not None]
            misses = [low - 1] if low is not None else []
            yield from fits if want else [*misses, *([high + 1] if high is not None else [])]
        elif isinstance(matcher, f.Covers):
            yield from self._covering(scene, form, matcher, want, chain)

    def _value(self, scene: Scene, value: str | f.PathValue, chain: Chain) -> object:
        if isinstance(value, str):
            return value
        return self.clause if value.path == ("this",) else people.read(scene, value.path, chain)

    def _bound(self, scene: Scene, bound: int | f.PathValue | None, chain: Chain) -> int | None:
        value = people.read(scene, bound.path, chain) if isinstance(bound, f.PathValue) else bound
        return value if isinstance(value, int) else None

    @staticmethod
    def _covering(scene: Scene, form: f.Field | None, matcher: f.Covers, want: bool, chain: Chain) -> Iterator[object]:
        about = people.read(scene, matcher.path, chain)
        if form is not None and form.type == "span" and isinstance(about, int):
            yield Span(about - HOUR, about + 3 * HOUR) if want else Span(about - 9 * HOUR, about - 6 * HOUR)
        middle = centre(about)
        if form is not None and form.type == "area" and middle is not None:
            yield Region(centre=middle if want else (middle[0] + 1, middle[1]), radius=20_000.0)

    def _given(self, scene: Scene, name: str, want: bool, chain: Chain) -> Iterator[Scene]:
        id = chain[-1]
        form = scene.agreement.kinds[scene.acts[id].kind].fields.get(name)
        now = scene.acts[id].fields.get(name)
        if form is not None:
            value = (now if now is not None else scene.ordinary(form, scene.acts[id].at)) if want else None
            fixed = scene.fix(id, name, value)
            if fixed is not None:
                yield fixed

    def _elapsed(self, scene: Scene, condition: f.ElapsedIs, want: bool, chain: Chain) -> Iterator[Scene]:
        first = people.read(scene, condition.from_, chain)
        least, most = length(condition.at_least), length(condition.at_most)
        spans = [least, most] if want else [least - 1 if least is not None else None, most + 1 if most else None]
        for span in spans:
            if isinstance(first, int) and span is not None and len(condition.to) == 1:
                fixed = self._set(scene, chain[-1], condition.to[0], first + span)
                if fixed is not None:
                    yield fixed
        yield scene

    # other acts

    def _ask(self, scene: Scene, ask: f.Ask, want: bool, chain: Chain) -> Iterator[Scene]:
        pattern, at = ask.pattern, scene.acts[chain[-1]].at
        if ask.mode == "count":
            yield from self._count(scene, pattern, want, chain)
        elif not want:
            yield scene
        else:
            yield from self.make(scene, pattern, at, chain, before=ask.mode == "earlier")

    def _count(self, scene: Scene, pattern: f.Pattern, want: bool, chain: Chain) -> Iterator[Scene]:
        own = scene.acts[chain[-1]].kind in pattern.kinds
        need = (pattern.least or 0) if want else (pattern.most + 1 if pattern.most is not None else 0)
        scenes = [scene]
        for _ in range(min(need - own, 12)):
            at = scene.acts[chain[-1]].at
            scenes = [
                more
                for one in scenes
                for more in islice(self.make(one, pattern, at - len(one.acts), chain, before=True), 1)
            ]
        yield from scenes

    def make(
        self, scene: Scene, pattern: f.Pattern, at: int, chain: Chain, *, before: bool, lead: int | None = None,
        given: Mapping[str, object] | None = None, by: list[str] | None = None,
    ) -> Iterator[Scene]:  # fmt: skip
        """Scenes with an act (or one by each) that answers a question asked at `at`."""
        if "finding" in pattern.kinds:
            return
        when = self._time(pattern, at, before, lead)
        if when is None:
            return
        authors = by or people.codes(scene, pattern.by, chain[-1] if chain else "", chain)
        groups = [authors] if pattern.each else [[author] for author in authors]
        for group in groups:
            yield from self._by_each(scene, pattern, when, chain, group, given or {})

    def _by_each(
        self, scene: Scene, pattern: f.Pattern, at: int, chain: Chain, group: list[str], given: Mapping[str, object]
    ) -> Iterator[Scene]:
        if not group:
            yield scene
            return
        for one in self._one(scene, pattern, at, chain, group[0], given):
            yield from self._by_each(one, pattern, at, chain, group[1:], given)

    def _one(
        self, scene: Scene, pattern: f.Pattern, at: int, chain: Chain, author: str, given: Mapping[str, object]
    ) -> Iterator[Scene]:
        for _, path in pattern.same:
            scene = self._stated(scene, path, chain)
        made: Scene | None
        made, id = scene.add(pattern.kinds[0], author, at)
        for name, value in given.items():
            made = self._set(made, id, name, value) if made is not None else None
        for own, path in pattern.same:
            value = people.read(scene, path, chain) if chain else None
            if made is not None and value is not None:
                made = self._set(made, id, own, value)
        if made is None:
            return
        new = made.acts[id]
        if pattern.with_ is None and any(_same(new, old) for old in scene.acts.values()):
            made = scene  # it was said already
        begun = phase_truth(self, made, pattern.during, True, at, chain) if pattern.during else iter((made,))
        for one in begun:
            if pattern.with_ is None:
                yield one
            else:
                yield from self.truth(one, pattern.with_, True, (*chain, id))

    @staticmethod
    def _stated(scene: Scene, path: f.Path, chain: Chain) -> Scene:
        """The scene with an optional field of the act asked about filled in, since another act is to equal it."""
        if len(path) != 1 or not chain:
            return scene
        draft = scene.acts[chain[-1]]
        form = scene.agreement.kinds[draft.kind].fields.get(path[0])
        if form is None or form.type == "act" or path[0] in draft.fields or path[0] in draft.fixed:
            return scene
        return scene.fix(draft.id, path[0], scene.ordinary(form, draft.at)) or scene

    @staticmethod
    def _time(pattern: f.Pattern, at: int, before: bool, lead: int | None) -> int | None:
        """When the answering act is made; None if no time can answer."""
        least, most = length(pattern.at_least) or 0, length(pattern.at_most)
        if not before:
            within = length(pattern.within)
            return at + (within // 2 if within is not None else HOUR)
        if most is not None and least > most:
            return None
        margin = lead if lead is not None else HOUR
        when = at - least - (margin if most is None else min(margin, (most - least) // 2))
        return when if pattern.no_later_than is None else min(when, pattern.no_later_than)


def _same(one: Draft, other: Draft) -> bool:
    """Whether two acts say the same at the same time."""
    return (one.kind, one.by, one.at, one.fields) == (other.kind, other.by, other.at, other.fields)
