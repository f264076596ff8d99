"""What findings mean, in words: the fact, what a caller hears of it, and what puts it right; no number, no PIN."""

from webapp.telephony.words.meanings import MEANINGS, Meaning
from webapp.telephony.words.said import Said, comparison, label, of, outage, repair, say, unanswered
from webapp.telephony.words.shown import impersonal

__all__ = [
    "MEANINGS",
    "Meaning",
    "Said",
    "comparison",
    "impersonal",
    "label",
    "of",
    "outage",
    "repair",
    "say",
    "unanswered",
]
