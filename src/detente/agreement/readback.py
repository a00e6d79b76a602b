"""The read-back: plain sentences for every rule, generated from its form (21-language-reference, 14 and 18).

They stand beside `says`, never instead of it. "No party may make a strike, when against nusra, unless there is a
nomination by each of the parties for the same target made at least 24h before."
"""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.placewords import phase_sentence, place, place_sentence


def readback(agreement: f.Agreement, clause: str) -> str:
    """One clause as a sentence."""
    return _Sentences(agreement).rule(agreement.rules[clause])


def readback_all(agreement: f.Agreement) -> dict[str, str]:
    """Every clause as a sentence, by id."""
    sentences = _Sentences(agreement)
    return {name: sentences.rule(rule) for name, rule in agreement.rules.items()}


class _Sentences:
    def __init__(self, agreement: f.Agreement) -> None:
        self.agreement = agreement
        self.names = w.names(agreement)

    # rules

    def rule(self, rule: f.Rule) -> str:
        """A clause."""
        if rule.mode == "text":
            return f"Words that no record decides: {w.listed(rule.not_judged, 'and')}."
        if rule.mode == "require":
            return self._duty(rule)
        if rule.mode == "forbid":
            text = f"{w.nobody(rule.by, self.names)} make {w.kinds(rule.kinds)}"
        else:
            text = f"{w.capital(w.people(rule.by, self.names)) if rule.by else 'Anyone'} may make {w.kinds(rule.kinds)}"
        return w.capital(text) + self._circumstances(rule) + "." + self._rest(rule)

    def _circumstances(self, rule: f.Rule) -> str:
        text = f", during {w.plain(rule.during)}" if rule.during else ""
        if rule.when is not None:
            text += f", when {self.condition(rule.when)}"
        if rule.unless is not None:
            text += f", unless {self.condition(rule.unless)}"
        return text

    def _duty(self, rule: f.Rule) -> str:
        assert rule.owed is not None
        assert rule.trigger is not None
        assert rule.by is not None
        owed = f"{w.capital(w.people(rule.by, self.names, rule.each))} must make {w.kinds(rule.kinds)}"
        owed += self.pattern_rest(rule.owed, later=True)
        trigger = rule.trigger
        if trigger.pattern is not None:
            owed += f" after {self.pattern(trigger.pattern)}"
        elif trigger.edge is not None:
            owed += f" after the {trigger.edge.edge} of {w.plain(trigger.edge.phase)}"
        elif trigger.due is not None:
            due = trigger.due
            if due.instant is not None:
                owed += f" by {w.instant(due.instant)}"
            else:
                owed += f" by {w.clock(due.minute)} {w.weekdays(due.days)}"
        if rule.parent:
            owed += f", when {rule.parent} was needed"
        return owed + self._circumstances(rule) + "." + self._rest(rule)

    def _rest(self, rule: f.Rule) -> str:
        found = []
        if rule.over_every:
            found.append("This prevails over every permission.")
        elif rule.over:
            found.append(f"This prevails over {w.listed(rule.over, 'and')}.")
        if rule.survives:
            found.append("It holds even when the agreement is not in force.")
        if rule.answers:
            found.append(f"{w.capital(self.names.get(rule.answers, rule.answers))} answers for it.")
        if rule.doubt:
            borne = (f"{_doubted(kind)} by {_BEARERS.get(who, who)}" for kind, who in rule.doubt.items())
            found.append(f"Doubt is borne: {w.listed(borne, 'and')}.")
        if rule.reading_of:
            found.append(
                f"One reading of {rule.reading_of}: judged beside the others and not scored until the parties choose."
            )
        if rule.not_judged:
            found.append(f"Not judged: {w.listed(rule.not_judged, 'and')}.")
        return "".join(" " + text for text in found)

    # conditions

    def condition(self, condition: f.Condition) -> str:
        """A condition about the act judged or named."""
        if isinstance(condition, f.All | f.Any_):
            word = "and" if isinstance(condition, f.All) else "or"
            parts = [self._inner(item) for item in condition.items]
            return (f", {word} " if any("," in part for part in parts) else f" {word} ").join(parts)
        if isinstance(condition, f.Named):
            return self.condition(self.agreement.define[condition.name])
        if isinstance(condition, f.Not):
            if isinstance(condition.item, f.Inside):
                return f"outside {place(self, condition.item.place)}"
            if isinstance(condition.item, f.During):
                return f"not during {w.plain(condition.item.phase)}"
            return f"not ({self.condition(condition.item)})"
        if isinstance(condition, f.Ask):
            return self._ask(condition)
        if isinstance(condition, f.Inside):
            return f"inside {place(self, condition.place)}"
        if isinstance(condition, f.During):
            return f"during {w.plain(condition.phase)}"
        if isinstance(condition, f.Given):
            return f"its {w.plain(condition.field)} is stated"
        if isinstance(condition, f.ElapsedIs):
            return self._elapsed(condition)
        if isinstance(condition, f.Clock):
            return self._clock(condition)
        return self._is(condition)

    def _inner(self, condition: f.Condition) -> str:
        text = self.condition(condition)
        return f"({text})" if isinstance(condition, f.All | f.Any_ | f.Named) else text

    def _is(self, condition: f.Is) -> str:
        name = w.path(condition.path)
        matcher = condition.matcher
        if isinstance(matcher, f.OneOf):
            values = w.listed(self.names.get(v, v) if isinstance(v, str) else w.path(v.path) for v in matcher.values)
            return f"against {values}" if condition.path == ("against",) else f"{name} is {values}"
        if isinstance(matcher, f.Range):
            bounds = [(word, bound) for word, bound in (("at least", matcher.at_least), ("at most", matcher.at_most))
                      if bound is not None]  # fmt: skip
            return f"{name} is {w.listed((f'{word} {self._bound(bound)}' for word, bound in bounds), 'and')}"
        if isinstance(matcher, f.Covers):
            return f"{name} covers {w.path(matcher.path)}"
        return f"{name} is inside {place(self, matcher.place)}"

    @staticmethod
    def _bound(bound: int | f.PathValue) -> str:
        return w.path(bound.path) if isinstance(bound, f.PathValue) else str(bound)

    @staticmethod
    def _elapsed(condition: f.ElapsedIs) -> str:
        bounds = []
        if condition.at_least is not None:
            bounds.append(f"at least {w.duration(condition.at_least)}")
        if condition.at_most is not None:
            bounds.append(f"at most {w.duration(condition.at_most)}")
        return f"from {w.path(condition.from_)} to {w.path(condition.to)} it is {w.listed(bounds, 'and')}"

    def _clock(self, condition: f.Clock) -> str:
        text = f"the time in {self.agreement.zone} is on {w.weekdays(condition.days).removeprefix('every ')}"
        if condition.days is None:
            text = f"the time in {self.agreement.zone} is on any day"
        if condition.from_ is not None:
            text += f" from {w.clock(condition.from_)}"
        return text + (f" until {w.clock(condition.until)}" if condition.until is not None else "")

    def _ask(self, ask: f.Ask) -> str:
        if ask.mode == "earlier":
            return f"there is {self.pattern(ask.pattern)}"
        if ask.mode == "later":
            return f"there follows {self.pattern(ask.pattern, later=True)}"
        pattern = ask.pattern
        bounds = []
        if pattern.least is not None:
            bounds.append(f"at least {pattern.least}")
        if pattern.most is not None:
            bounds.append(f"at most {pattern.most}")
        names = w.listed(w.plain(kind) + " acts" for kind in pattern.kinds)
        text = f"there are {w.listed(bounds, 'and')} {names}{self.pattern_rest(pattern)}"
        if pattern.distinct:
            text += f" of different {w.listed(map(w.plain, pattern.distinct), 'and')}"
        if pattern.window is None:
            return text
        window = f"the same {pattern.window}" if isinstance(pattern.window, str) else w.duration(pattern.window)
        return f"{text} within {window}"

    # patterns

    def pattern(self, pattern: f.Pattern, *, later: bool = False) -> str:
        """A question about other acts, as a noun."""
        return w.kinds(pattern.kinds) + self.pattern_rest(pattern, later=later)

    def pattern_rest(self, pattern: f.Pattern, *, later: bool = False) -> str:
        """What follows the noun."""
        text = f" by {w.people(pattern.by, self.names, pattern.each)}" if pattern.by is not None else ""
        if pattern.to is not None:
            text += f" received by {w.people(pattern.to, self.names, pattern.to_each)}"
        if pattern.same:
            text += " for " + w.listed((self._same(own, other) for own, other in pattern.same), "and")
        if pattern.alike:
            text += f", all with the same {w.listed(map(w.plain, pattern.alike), 'and')}"
        if pattern.with_ is not None:
            text += f" whose facts fit ({self.condition(pattern.with_)})"
        if pattern.during:
            text += f" made during {w.plain(pattern.during)}"
        if pattern.no_later_than is not None:
            text += f" made no later than {w.instant(pattern.no_later_than)}"
        if pattern.at_least is not None:
            text += f" made at least {w.duration(pattern.at_least)} before"
        if pattern.at_most is not None:
            text += (
                f"{' and' if pattern.at_least is not None else ' made'} at most {w.duration(pattern.at_most)} before"
            )
        if pattern.within is not None:
            text += f" within {w.duration(pattern.within)}"
            text += f" of {w.path(pattern.counting_from)}" if pattern.counting_from else ""
        if pattern.newest_per:
            text += f", only the newest for each {w.listed(map(w.plain, pattern.newest_per), 'and')}"
        if pattern.ended_by:
            text += f", not ended by {w.listed(self.pattern(ender) for ender in pattern.ended_by)}"
        return text

    @staticmethod
    def _same(own: str, other: f.Path) -> str:
        if other == (own,):
            return f"the same {w.plain(own)}"
        if other == ("id",):
            return f"that act, named as its {w.plain(own)}"
        return f"{w.plain(own)} equal to {w.path(other)}"


_BEARERS = {"actor": "the one who acted", "other": "the other side", "guarantor": "the guarantor"}


def _doubted(kind: str) -> str:
    return "of whatever kind" if kind == "any" else f"about {w.a_kind(kind)}"


def readback_condition(agreement: f.Agreement, condition: f.Condition) -> str:
    """A condition in words, as it stands in a sentence."""
    return _Sentences(agreement).condition(condition)


def readback_terms(agreement: f.Agreement) -> list[str]:
    """Sentences for the places and phases that the clauses name."""
    sentences = _Sentences(agreement)
    found = [phase_sentence(sentences, phase) for phase in agreement.phases.values()]
    found += [place_sentence(sentences, name) for name in agreement.places]
    if agreement.in_force is not None:
        found.append(f"The agreement is in force when {sentences.condition(agreement.in_force)}.")
    return found
