"""Whether the chain holds: pure, of records in the chain's order, so that every way to read them has one verdict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.audit import encoding, keys
from webapp.audit.chain_models import ChainState
from webapp.audit.encoding import FORGET, START, Record


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


def verify(
    seals: Iterable[Record],
    heads: Sequence[Record],
    public: Mapping[str, str],
    *,
    kept: Iterable[Record] = (),
    anchor: Record = START,
    checked: Callable[[int], object] = lambda _count: None,
    later: Callable[[int], Iterable[Record]] = lambda _seq: (),
) -> ChainVerdict:
    """Follow the chain from its anchor; `public` are the keys that count, by id, and `kept` heads from elsewhere.

    What is before the anchor was pruned: it covers the heads there. `checked` is told now and then how many seals were
    looked at. `later` gives the seals after a place that were made meanwhile: somebody may have been forgotten since
    the first of them was read.
    """
    walk = _Walk(anchor)
    try:
        for head in (*kept, anchor, *heads):
            _refuse_bad_signature(head, public)
        walk.follow(seals, _by_place((*heads, *kept), anchor), checked)
        _refuse_cut(walk, heads, (*heads, *kept, *([{"seq": anchor["seq"] + 1}] if anchor["seq"] else [])))
        walk.account(later)
    except Broken as found:
        return ChainVerdict(ChainState.BROKEN, walk.count, walk.seq, found.seq, found.entry, found.problem)
    vouching = [anchor, *heads[-1:]] if anchor["seq"] else heads[-1:]
    is_signed = not walk.count or bool(public and all(each["key"] for each in vouching))
    return ChainVerdict(ChainState.INTACT if is_signed else ChainState.UNSIGNED, walk.count, walk.seq)


def end_of(seals: Iterable[Record], start: Record) -> tuple[int, str]:
    """The place and the hash of the last of these seals, which follow `start`. Raises Broken."""
    walk = _Walk(start)
    walk.follow(seals, {}, lambda _count: None)
    if not walk.count:
        raise Broken("seal_missing", walk.seq + 1)
    return walk.seq, walk.hash


class _Walk:
    """How far it went."""

    def __init__(self, start: Record) -> None:
        self.count, self.seq, self.hash = 0, int(start["seq"]), str(start["hash"])
        self.gone = GoneTexts()

    def follow(self, seals: Iterable[Record], wanted: Mapping[int, set[str]], checked: Callable[[int], object]) -> None:
        """Take seal after seal. Raises Broken."""
        for seal in seals:
            self._take(seal)
            if any(digest != self.hash for digest in wanted.get(self.seq, ())):
                raise Broken("head", self.seq, seal["entry"])
            if self.count % 1000 == 0:
                checked(self.count)

    def account(self, later: Callable[[int], Iterable[Record]]) -> None:
        """Go on until each text that is gone is accounted for. Raises Broken when it never is."""
        before = -1
        while self.gone.open and self.seq > before:
            before = self.seq
            self.follow(later(self.seq), {}, lambda _count: None)
        if self.gone.open:
            raise Broken("not_forgotten", *next(iter(self.gone.open.values())))

    def _take(self, seal: Record) -> None:
        if seal["seq"] != self.seq + 1:
            raise Broken("seal_missing", self.seq + 1)
        if "lost" in seal:
            raise Broken(seal["lost"], seal["seq"], seal["entry"])
        if _digest(seal, self.hash) != seal["hash"]:
            raise Broken("changed", seal["seq"], seal["entry"])
        self.gone.take(seal)
        self.count, self.seq, self.hash = self.count + 1, seal["seq"], seal["hash"]


class GoneTexts:
    """Who was forgotten, until the entry comes that says so: later in the chain than each text that is gone."""

    def __init__(self) -> None:
        self.open: dict[str | None, tuple[int, int]] = {}  # for each of them the first seal, and its entry

    def take(self, seal: Record) -> None:
        """Take the next seal of the chain."""
        account = _account(seal)
        if "forgotten" in seal:
            self.open.setdefault(seal["forgotten"], (seal["seq"], seal["entry"]))
        elif account and seal["action"] == FORGET:
            self.open.pop(account, None)


def _account(seal: Record) -> str | None:
    """Whose account it was done to; of what is hashed alone, which in an opened one its target is not."""
    return seal["target"] if seal["part"] == "whole" and seal["target_kind"] == "user" else None


def _is_odd(seal: Record) -> bool:
    """It says what no seal of its kind does: what is not hashed must be as it was written."""
    if seal.get("forgotten") not in {None, seal.get("user"), _account(seal)}:
        return True
    return bool(seal.get("salt")) and (seal["part"] == "settled" or "forgotten" in seal)


def _digest(seal: Record, before: str) -> str:
    try:
        return "" if _is_odd(seal) else encoding.digest(seal, before)
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
    """A head or anchor without a key claims nothing; one with a key must be right, where any key is known here."""
    if not head["key"] or not public:
        return
    text = encoding.vouched(head)
    if head["key"] not in public:
        raise Broken("unknown_key", head["seq"])
    if not keys.holds(public[head["key"]], head["signature"], text):
        raise Broken("signature", head["seq"])


def _refuse_cut(walk: _Walk, heads: Sequence[Record], known: Iterable[Record]) -> None:
    """The chain goes as far as is known of it, and a head is over all that there is."""
    furthest = max((each["seq"] for each in known), default=walk.seq)
    if furthest > walk.seq:
        raise Broken("cut", walk.seq + 1)
    if walk.count and (not heads or heads[-1]["seq"] != walk.seq):
        raise Broken("no_head", heads[-1]["seq"] + 1 if heads else 1)
