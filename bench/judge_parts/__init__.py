"""The parts of bench/judge.py."""
