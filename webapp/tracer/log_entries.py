"""Pasted text cut into what was written as one: a log line, an object over many lines, a SIP message.

Linear in the length of the text: every pattern here either takes what it began or gives up within a fixed distance.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}m")
_COLLECTOR = re.compile(r"[\w./-]{1,80}\s{0,40}\|\s?")  # docker compose: name-1  | …
_BRACES = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}]')  # what stands in a text counts for nothing
_SIP = re.compile(r"(?:[A-Z]{3,12} (?:sips?|tel):\S{1,400} SIP/2\.0|SIP/2\.0 [1-6][0-9]{2}\b)")
_HOP = re.compile(
    r"\b([0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\s{1,3}(?:->|→|=>)\s{1,3}\S"
)
_TELLING = ("From", "To", "Via", "Call-ID", "CSeq", "Contact", "Max-Forwards", "P-Asserted-Identity", "User-Agent")
_TELLING_HEADER = re.compile(rf"(?:{'|'.join(_TELLING)})[ \t]{{0,3}}:", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z][A-Za-z-]{0,40}[ \t]{0,3}:")
_BODY = re.compile(r"[a-z]=")  # SDP
_GOES_ON = re.compile(r"[\"'}\]{]|[\w.+-]{1,80},?$")  # a line inside an object that is written over many


@dataclass(frozen=True)
class LogEntry:
    """What was written as one, on these lines of the text, counted from 1; `source` is where a capture saw it from."""

    first: int
    last: int
    text: str
    sip: bool = False
    source: str = ""


MOST_LINES = 5000
MOST_ENTRIES = 1500


def entries(text: str) -> Iterator[LogEntry]:
    """Everything that says something, in its order; no more than MOST_ENTRIES on MOST_LINES."""
    return islice(_cut(text), MOST_ENTRIES)


def _cut(text: str) -> Iterator[LogEntry]:
    cutter = _Cutter()
    for number, line in enumerate(text.splitlines()[:MOST_LINES], start=1):
        yield from cutter.take(number, _bare(line))
    yield from cutter.end()


def _bare(line: str) -> str:
    line = _ANSI.sub("", line).rstrip()
    match = _COLLECTOR.match(line)
    return line[match.end() :] if match else line


class _Cutter:
    """Gathers lines until an object or a SIP message is whole."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._first = self._last = self._depth = 0
        self._sip, self._source, self._in_body = False, "", False

    def take(self, number: int, line: str) -> Iterator[LogEntry]:
        """One more line; yields what it ends, and what is whole on it."""
        if hop := _HOP.search(line[:400]):
            yield from self.end()
            self._begin_sip(number, hop[1].strip("[]"))
        elif _SIP.match(line) or (not self._sip and _TELLING_HEADER.match(line)):
            if not self._awaits_message:
                yield from self.end()
                self._begin_sip(number, "")
            self._add(number, line)
        elif self._sip and self._of_message(line):
            self._add(number, line)
        else:
            yield from self._take_log(number, line)

    def end(self) -> Iterator[LogEntry]:
        """What was gathered, whole or not."""
        text = "\n".join(self._lines)
        if any(character.isalnum() for character in text):
            yield LogEntry(self._first, self._last, text, self._sip, self._source)
        self._lines, self._depth, self._sip, self._source, self._in_body = [], 0, False, "", False

    @property
    def _awaits_message(self) -> bool:
        return self._sip and not self._lines

    def _begin_sip(self, number: int, source: str) -> None:
        self._sip, self._source, self._first, self._last = True, source, number, number

    def _of_message(self, line: str) -> bool:
        if line.strip() in ("", "."):  # ngrep writes a dot for the end of a line
            self._in_body = bool(self._lines)
            return True
        if self._in_body:
            return bool(_BODY.match(line))
        return bool(_HEADER.match(line)) or line[0] in " \t"

    def _take_log(self, number: int, line: str) -> Iterator[LogEntry]:
        if self._sip or (self._depth and (line.startswith("{") or not _GOES_ON.match(line.lstrip()))):
            yield from self.end()  # what was before it was cut off
        start, depth, opening = 0, self._depth, line.rfind("{")
        for match in _BRACES.finditer(line):
            if match[0] == "{":
                depth += 1
            elif match[0] == "}" and depth:
                depth -= 1
                if not depth and opening >= match.end():  # another object on the same line
                    self._add(number, line[start : match.end()])
                    yield from self.end()
                    start = match.end()
        self._depth = depth
        self._add(number, line[start:])
        if not depth:
            yield from self.end()

    def _add(self, number: int, line: str) -> None:
        if not self._lines and not self._source:
            self._first = number
        self._last = number
        self._lines.append(line)
