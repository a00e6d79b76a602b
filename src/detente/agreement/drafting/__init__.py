"""Drafting checks: what a negotiator should know of a text before signing it, each with an example the judge confirms."""
