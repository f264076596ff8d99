"""What findings mean, in words: the fact, what a caller hears of it, and what puts it right; no number, no PIN."""

from webapp.doctor.sentences.meanings import MEANINGS, Meaning
from webapp.doctor.sentences.rows import FindingWords, label, of, outage, repair, say, unanswered

__all__ = [
    "MEANINGS",
    "FindingWords",
    "Meaning",
    "label",
    "of",
    "outage",
    "repair",
    "say",
    "unanswered",
]
