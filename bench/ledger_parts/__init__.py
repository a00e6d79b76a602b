"""The parts of bench/ledger.py; no scripts of their own."""
