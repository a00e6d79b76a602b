"""What may leave: one linear pipeline from a draft to a statement that may be said (50-release)."""
