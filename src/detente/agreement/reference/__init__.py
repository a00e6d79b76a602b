"""The slow and obvious reference evaluator: 21-language-reference, sentence by sentence, to test the judge with.

It looks at every act for every question. Nothing here is fast, and nothing here may be shared with the judge it tests.
Choices where the page is silent: docs/decisions/0011-reading-the-language.md.
"""

from detente.agreement.reference.before import Overall, may, overall
from detente.agreement.reference.judging import judge

__all__ = ["Overall", "judge", "may", "overall"]
