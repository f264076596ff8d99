"""What Frontdesk says is said as people say it: the words that once stood on its pages do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import messages

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
COMMANDS = sorted(
    path
    for path in ROOT.glob("webapp/**/*.py")
    if {"cli", "command", "commands", "terminal"} & set(path.relative_to(ROOT).with_suffix("").parts)
)

# Words that sounded translated, wherever they stand.
NEVER = (
    r"\bmend(s|ed|ing)?\b",
    r"\breckon(s|ed|ing)?\b",
    r"\bdeeds?\b",
    r"\((no|bad|not)_\w+\)",
    r"(?i)\b(no|every|some|any)body\b",
    r"\b(do|does|did|is|are|was|were|has|have|could|would) not\b(?! only)",
    r"\bcannot\b",
)
# Phrases of pages: what there is instead stands in the catalogue.
PHRASES = (
    r"\b(people|who) wait\b",
    r"\bwaits\b(?!\.| on| as before| for the mail)",
    r"at the door\b",
    r"\bnot this time\b",
    r"\bhears silence\b",
    r"\bDeny hangs up\b",
    r"\byou go in\b",
    r"\bRather phone\b",
    r"\bneed not wait\b",
    r"\bskips? the lobby\b",
    r"\b[Pp]hones may\b",
    r"\b(by|of the) web\b",
    r"\bRule live\b",
    r"\bhas not followed\b|\bnot followed\b",
    r"\bTrying again by itself\b",
    r"\bOld PIN\b",
    r"^Rotate\b",
    r"\bAt once: it leaked\b",
    r"\b(Give access|Take the role away|Make the only owner)\b",
    r"\bgive back your role\b",
    r"\bwho (is|are) no owners?\b",
    r"^Keep it$",
    r"\bMade\b",
    r"\baudit trail\b",
    r"^Who is inside$|^Inside$",
    r"\b[Ss]ound\b(?! (on|off)$)(?! came)",
    r"\btime (is|was) over\b",
    r"\bends by itself\b",
    r"\bAs the (browser|device)\b",
    r"\bLook (at|again)\b|\blook at\b",
    r"\b(Compare|Reconcile) now\b|\bRead again\b",
    r"\bForeign\b",
    r"\b(Guard beaten|Dangling|Untypable|Unheard of|in vain)\b",
    r"\bclaim the same calls\b",
    r"\bWhich rule\?",
    r"\bNot told\b|\bLearnt\b|\bDrawn\b",
    r"\b(that|which) fits?\.$|\bNo room fits\b",
    r"\bThere is nothing here\b|\bYou may not do this\b",
    r"\bRepair many\b|\bRuns of before\b|\bBegun by\b",
    r"\bNot known\b",
)


def _texts() -> Iterator[str]:
    """All that pages, mails and forms say in English."""
    for message in messages.read("en"):
        if message.id:
            yield from _forms(message.id)


def _paragraphs(path: Path) -> Iterator[str]:
    """The text of a document, without what it quotes as code."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(), flags=re.DOTALL)
    yield from re.split(r"\n\s*\n", prose)


def _spoken(path: Path) -> Iterator[str]:
    """The texts that a command's module holds, docstrings too, since click shows those of commands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


@pytest.mark.parametrize("phrase", [*NEVER, *PHRASES])
def test_no_page_says_what_the_guide_has_a_better_word_for(phrase):
    assert [text for text in _texts() if re.search(phrase, text)] == []


@pytest.mark.parametrize("phrase", NEVER[:4])
def test_no_document_and_no_command_does_either(phrase):
    said = [(path.name, text) for path in DOCUMENTS for text in _paragraphs(path)]
    said += [(path.name, text) for path in COMMANDS for text in _spoken(path)]
    assert [(name, text) for name, text in said if re.search(phrase, text)] == []


def test_what_is_looked_at_is_there():
    assert len(list(_texts())) > 2500 and len(DOCUMENTS) > 8 and len(COMMANDS) > 8


def test_french_cancels_with_one_word():
    texts = {str(message.id): message.string for message in messages.read("fr")}
    assert texts["Cancel"] == "Annuler"


@pytest.mark.parametrize("wrong", [r"[\w»)] [!?;:](\s|$)", "« | »", "[“”]", r"\w'\w"])
def test_french_is_set_as_french_is(wrong):
    texts = [text for message in messages.read("fr") if message.id for text in _forms(message.string)]
    assert [text for text in texts if re.search(wrong, text)] == []


def _forms(string: str | tuple[str, ...]) -> tuple[str, ...]:
    """A text, or one with its plural."""
    return (string,) if isinstance(string, str) else tuple(string)
