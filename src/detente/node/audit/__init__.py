"""Checking offline what a node wrote: exports, log folders, bundles, proofs and evidence, from bytes alone."""
