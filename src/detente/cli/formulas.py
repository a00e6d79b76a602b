"""Writing the clauses of an agreement as temporal formulas, for `detente check --mfotl`."""

from __future__ import annotations

from pathlib import Path

from detente.agreement.form import Agreement
from detente.agreement.formulas import text
from detente.agreement.mfotl import export, signature


def write_mfotl(agreement: Agreement, out: Path) -> str:
    """Write one formula a clause to OUT, the predicates to OUT.sig, and say which clauses have none and why."""
    found = export(agreement)
    lines = [
        f"# {agreement.code}, sha256 {agreement.digest}: the answers of a formula are the acts that break its clause.",
        "# One act at each time point, stamped in ms with its receipt (statements) or its time (events); fully known traces.",
        "# Facts, to be supplied with the trace:",
        *(f"#   {name}({', '.join(found.arity[name])})  {words}" for name, words in found.facts.items()),
        *(f"# no formula for {clause}: {why}" for clause, why in found.refused.items()),
    ]
    for clause, formula in found.formulas.items():
        lines += ["", f"# {clause}", text(formula)]
    out.write_text("\n".join(lines) + "\n", "utf-8")
    out.with_name(out.name + ".sig").write_text("\n".join(signature(agreement, found)) + "\n", "utf-8")
    refused = "".join(f"\n  no formula for {clause}: {why}" for clause, why in found.refused.items())
    return f"{out}: {len(found.formulas)} formulas, predicates in {out.name}.sig; {len(found.refused)} clauses refused{refused}"
