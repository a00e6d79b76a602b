"""A busy machine makes no test fail: hypothesis sets no time limit for a single example."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
