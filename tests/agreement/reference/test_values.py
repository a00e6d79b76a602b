"""The tables of 21-language-reference, 6 and 10."""

from detente.agreement.reference.clauses import verdict
from detente.agreement.values import Value, all_of, any_of, negate

ORDER = "FUPT"
OR = ["FUPT", "UUPT", "PPPT", "TTTT"]
AND = ["FFFF", "FUPU", "FPPP", "FUPT"]


def value(letter):
    return Value(ORDER.index(letter))


def test_or_and_not():
    for row, left in enumerate(ORDER):
        assert negate(value(left)) == value("TUPF"[row])
        for column, right in enumerate(ORDER):
            assert any_of([value(left), value(right)]) == value(OR[row][column])
            assert all_of([value(left), value(right)]) == value(AND[row][column])


def test_verdicts():
    rows = {
        "F": ["not applicable"] * 4,
        "T": ["broken", "cannot tell", "not due", "kept"],
        "U": ["cannot tell", "cannot tell", "not due", "not applicable"],
        "P": ["not due", "not due", "not due", "not applicable"],
    }
    for scope, row in rows.items():
        assert [verdict(value(scope), value(goal)) for goal in ORDER] == row
