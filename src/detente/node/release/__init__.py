"""What may leave: coarsening, the guard of one's own position, and the register of what has been told."""
