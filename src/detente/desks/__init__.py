"""The procedures: what state a thing is in, who may move it, what each move needs, and what silence does.

A desk reads the record and shows states; it decides nothing about deeds (the judge does) and invents no truth of its own.
"""
