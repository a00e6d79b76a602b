"""The only I/O: stores, sockets, files, clocks, randomness, processes."""
