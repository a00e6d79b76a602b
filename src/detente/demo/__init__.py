"""Three nodes, one story: the demo that `make demo` runs."""
