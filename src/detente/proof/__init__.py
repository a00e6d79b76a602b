"""What can be proved, from bytes alone: notes, trees, checkpoints, envelopes, roots, receipts, proofs, words."""
