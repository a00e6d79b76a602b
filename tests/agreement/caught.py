"""For each mutant the seed that catches it; written by `python -m tests.agreement.mutants --find`."""

CAUGHT: dict[str, int] = {}
