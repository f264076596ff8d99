"""Whether the chain holds: pure, of records in the chain's order, so that every way to read them has one verdict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.audit import encoding, keys
from webapp.audit.chain_models import ChainState
from webapp.audit.encoding import Record


@dataclass(frozen=True)
class ChainVerdict:
    """What was found: of a broken chain where, in which entry, and a code of what is wrong there."""

    state: ChainState
    checked: int  # seals
    last: int = 0  # the place of the last one
    seq: int = 0
    entry: int = 0
    problem: str = ""


class Broken(Exception):
    """The chain does not hold from this place on."""

    def __init__(self, problem: str, seq: int, entry: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.seq, self.entry = problem, seq, entry


START: Mapping[str, Any] = {"seq": 0, "hash": encoding.BEGINNING}


def verify(
    seals: Iterable[Record],
    heads: Sequence[Record],
    public: Mapping[str, str],
    *,
    kept: Iterable[Record] = (),
    start: Record = START,
    checked: Callable[[int], object] = lambda _count: None,
) -> ChainVerdict:
    """Follow the chain from where it starts; `public` are the keys that count, by id, and `kept` heads from elsewhere.

    `checked` is told now and then how many seals were looked at.
    """
    walk = _Walk(start)
    try:
        for head in (*kept, *heads):
            _refuse_bad_signature(head, public)
        walk.follow(seals, _by_place((*heads, *kept), start), checked)
        _refuse_cut(walk, heads, kept)
    except Broken as found:
        return ChainVerdict(ChainState.BROKEN, walk.count, walk.seq, found.seq, found.entry, found.problem)
    is_signed = not walk.count or bool(heads and heads[-1]["key"] and public)
    return ChainVerdict(ChainState.INTACT if is_signed else ChainState.UNSIGNED, walk.count, walk.seq)


class _Walk:
    """How far it went."""

    def __init__(self, start: Record) -> None:
        self.count, self.seq, self.hash = 0, int(start["seq"]), str(start["hash"])

    def follow(self, seals: Iterable[Record], wanted: Mapping[int, set[str]], checked: Callable[[int], object]) -> None:
        """Take seal after seal. Raises Broken."""
        for seal in seals:
            self._take(seal)
            if any(digest != self.hash for digest in wanted.get(self.seq, ())):
                raise Broken("head", self.seq, seal["entry"])
            if self.count % 1000 == 0:
                checked(self.count)

    def _take(self, seal: Record) -> None:
        if seal["seq"] != self.seq + 1:
            raise Broken("seal_missing", self.seq + 1)
        if "lost" in seal:
            raise Broken(seal["lost"], seal["seq"], seal["entry"])
        if _digest(seal, self.hash) != seal["hash"]:
            raise Broken("changed", seal["seq"], seal["entry"])
        self.count, self.seq, self.hash = self.count + 1, seal["seq"], seal["hash"]


def _digest(seal: Record, before: str) -> str:
    if seal["part"] == "settled" and seal.get("salt"):
        return ""  # nothing in it is salted, and nobody shall write anything there
    try:
        return encoding.digest(seal, before)
    except KeyError:  # of a part that should say more than it does
        return ""


def _by_place(heads: Iterable[Record], start: Record) -> dict[int, set[str]]:
    """The hashes that the chain must have, by place. Raises Broken where the start has another one."""
    places: dict[int, set[str]] = {}
    for head in heads:
        places.setdefault(head["seq"], set()).add(head["hash"])
    if places.get(start["seq"], {start["hash"]}) != {start["hash"]}:
        raise Broken("head", start["seq"])
    return places


def _refuse_bad_signature(head: Record, public: Mapping[str, str]) -> None:
    """A head without a key claims nothing; one with a key must be right, where any key is known here."""
    if not head["key"] or not public:
        return
    text = encoding.head_text(head["seq"], head["hash"], head["sealed_at"], head["key"])
    if head["key"] not in public:
        raise Broken("unknown_key", head["seq"])
    if not keys.holds(public[head["key"]], head["signature"], text):
        raise Broken("signature", head["seq"])


def _refuse_cut(walk: _Walk, heads: Sequence[Record], kept: Iterable[Record]) -> None:
    """The chain went as far as anybody vouched for it, and somebody vouches for all that there is."""
    furthest = max((head["seq"] for head in (*heads, *kept)), default=walk.seq)
    if furthest > walk.seq:
        raise Broken("cut", walk.seq + 1)
    if walk.count and (not heads or heads[-1]["seq"] != walk.seq):
        raise Broken("no_head", heads[-1]["seq"] + 1 if heads else 1)
