"""One fault each: name, clauses, condition of being in force, the findings expected; and agreements without a fault."""

from __future__ import annotations

Expected = dict[str, list[tuple[str, ...]]]

FAULTS: dict[str, tuple[str, str, Expected]] = {
    "permitted and forbidden": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike]}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}}
""",
        "",
        {"conflict": [("N", "P")]},
    ),
    "one ban against two permissions is one finding": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 2h}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}}
- {id: Q, permit: strike, by: us, when: {urgent: "no"}}
""",
        "",
        {"conflict": [("N", "P", "Q")]},
    ),
    "anyone else": (
        """
- {id: C, forbid: raid, by: parties, when: {against: red}, unless: {earlier: consent, by_each: parties, same: [strike]}}
""",
        "",
        {"gap": [("C",)], "undecidable": [("C",)]},
    ),
    "permitted on one side of a border only": (
        """
- {id: O, forbid: raid, by: parties, unless: {against: red}}
- {id: P, permit: raid, by: parties, when: {against: red, outside: zones}, prevails_over: [O]}
""",
        "",
        {"gap": [("P",)], "undecidable": [("O", "P")]},
    ),
    "two readings": (
        """
- {id: R1, reading_of: text, forbid: strike, by: parties, unless: {earlier: consent, by: parties, same: [strike]}}
- {id: R2, reading_of: text, forbid: strike, by: parties, unless: {earlier: consent, by_each: parties, same: [strike]}}
""",
        "",
        {"readings": [("R1", "R2")]},
    ),
    "only under a permission": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h, at_most: 12h}}
- {id: P, permit: strike, by: parties, when: {later: claim, by: actor, same: [strike], within: 1h}, prevails_over: [N]}
""",
        "",
        {"only under a permission": [("N", "P")]},
    ),
    "two bans that cannot be met together": (
        """
- {id: A, forbid: strike, by: parties, unless: {urgent: "yes"}}
- {id: B, forbid: strike, by: parties, unless: {urgent: "no"}}
- {id: P, permit: strike, by: parties, when: {later: claim, by: actor, same: [strike], within: 1h}, prevails_over: [A, B]}
""",
        "",
        {"only under a permission": [("A", "B", "P")]},
    ),
    "a permission that never applies": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike]}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}, unless: {urgent: [yes, no], not: {urgent: "no"}}, prevails_over: [N]}
""",
        "",
        {"never applies": [("P",)]},
    ),
    "an exception that never applies": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h, at_most: 12h}}
""",
        "",
        {"never applies": [("N",)]},
    ),
    "once is for ever": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor}}
""",
        "",
        {"remembers": [("N",)]},
    ),
    "a belt with two sides": (
        """
- {id: B, forbid: strike, by: parties, when: {inside: {within: 2 km, of: {shape: {annex: road}}}}}
""",
        "",
        {"two-sided border": [("B",)]},
    ),
    "a duty that asks for both": (
        """
- {id: D, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 12h,
   with: {all: [{urgent: "yes"}, {urgent: "no"}]}}
""",
        "",
        {"impossible duty": [("D",)]},
    ),
    "a duty to do what only the other side can release": (
        """
- {id: D, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 12h}
- {id: F, forbid: report, by: parties, unless: {earlier: consent, by: other, same: [strike]}}
""",
        "",
        {"impossible duty": [("D", "F")]},
    ),
    "a duty that binds nobody": (
        """
- {id: D, require: report, by: guarantor, same: [strike], after: {act: strike, by: [regime, loner]}, within: 12h}
""",
        "",
        {"no bearer": [("D",)]},
    ),
    "a protection that ends with a phase": (
        """
- {id: S, forbid: strike, when: {inside: sites}, during: trial}
""",
        "",
        {"ends with a phase": [("S",)]},
    ),
    "a protection that ends by the calendar": (
        """
- {id: S, forbid: strike, when: {inside: sites}, during: trial_two}
""",
        "",
        {"ends with a phase": [("S",)]},
    ),
    "a protection that ends with the agreement": (
        """
- {id: S, forbid: strike, when: {inside: sites}}
""",
        "{during: term}",
        {"ends with a phase": [("S",)]},
    ),
    "words nobody decides": (
        """
- {id: W, forbid: strike, by: parties, not_judged: [wanton], unless: {earlier: notice, by: actor, same: [strike]}}
""",
        "",
        {"undecidable": [("W",)]},
    ),
    "words of a clause that is text only": (
        """
- {id: T, says: Crews show airmanship., not_judged: [airmanship]}
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike]}}
""",
        "",
        {"undecidable": [("T",)]},
    ),
    "a ban within another": (
        """
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h}}
- {id: B, forbid: strike, by: us, unless: {earlier: notice, by: actor, same: [strike], at_least: 12h}}
""",
        "",
        {"redundant": [("B", "A")]},
    ),
    "a duty within another": (
        """
- {id: A, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 6h}
- {id: B, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 12h, when: {urgent: "yes"}}
""",
        "",
        {"redundant": [("B", "A")]},
    ),
    "a permission of what nothing forbids": (
        """
- {id: P, permit: flight, by: parties}
""",
        "",
        {"redundant": [("P",)]},
    ),
}

CLEAN: dict[str, tuple[str, str]] = {
    "a notice that has an age": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, at_most: 12h}}
""",
        "",
    ),
    "a belt cut to one side": (
        """
- {id: B, forbid: strike, by: parties,
   when: {inside: {within: 2 km, of: {shape: {annex: road}}, inside: {shape: {annex: north}}}}}
""",
        "",
    ),
    "precedence is stated by the permission": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike]}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}, prevails_over: [N]}
""",
        "",
    ),
    "precedence is stated by the ban": (
        """
- {id: N, forbid: strike, by: parties, prevails_over: every permission, unless: {earlier: notice, by: actor, same: [strike]}}
- {id: O, forbid: strike, by: us, when: {urgent: "no"}, unless: {earlier: consent, by: ru, same: [strike]}}
- {id: P, permit: strike, by: us, when: {urgent: "no"}, prevails_over: [O]}
""",
        "",
    ),
    "the permission speaks of deeds the ban does not": (
        """
- {id: N, forbid: strike, by: parties, when: {urgent: "no"}, unless: {earlier: notice, by: actor, same: [strike]}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}}
""",
        "",
    ),
    "leads that can be met, at their bounds": (
        """
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h, at_most: 24h}}
""",
        "",
    ),
    "bans of which neither holds the other": (
        """
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h}}
- {id: B, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_most: 36h}}
- {id: C, forbid: strike, by: parties, unless: {earlier: consent, by_each: parties, same: [strike]}}
""",
        "",
    ),
    "a ban within another that outlives it": (
        """
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h}}
- {id: B, forbid: strike, by: us, survives: true, unless: {earlier: notice, by: actor, same: [strike], at_least: 12h}}
""",
        "{during: term}",
    ),
    "a ban within another that a permission lifts": (
        """
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike], at_least: 24h}}
- {id: B, forbid: strike, by: parties, prevails_over: every permission, unless: {earlier: notice, by: actor, same: [strike], at_least: 12h}}
- {id: P, permit: strike, by: parties, when: {urgent: "yes"}, prevails_over: [A]}
""",
        "",
    ),
    "a protection that outlives the agreement": (
        """
- {id: S, forbid: strike, when: {inside: sites}, survives: true}
""",
        "{during: term}",
    ),
    "a duty its bearer can always meet": (
        """
- {id: D, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 12h}
- {id: F, forbid: report, by: parties, unless: {earlier: notice, by: actor, same: [strike]}}
""",
        "",
    ),
    "a ban in a place says by itself that there is none elsewhere": (
        """
- {id: Z, forbid: flight, by: regime, when: {inside: zones}}
""",
        "",
    ),
    "a duty whose guarantor is named": (
        """
- {id: D, require: report, by: guarantor, same: [strike], after: {act: strike, by: regime}, within: 12h}
""",
        "",
    ),
}
