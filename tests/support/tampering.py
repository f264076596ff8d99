"""Small chains in memory, and what people may do to them behind the application's back."""

import random
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from webapp.audit import encoding, keys

Rows = list[dict[str, Any]]
MIREILLE, JUN = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
Chain = tuple[Rows, Rows, Rows, Rows]  # seals with their entries, heads, heads that were kept elsewhere, one anchor
OTHER: dict[type, Callable[[Any, random.Random], Any]] = {
    str: lambda value, chance: chance.choice([value + "x", value[:-1], value.swapcase(), ""]),
    int: lambda value, chance: value + chance.choice([-1, 1, 7, 2**40]),
    dict: lambda value, chance: chance.choice([value | {"more": 1}, dict(list(value.items())[1:]), {}]),
    type(None): lambda _value, _chance: "5f0b7c52-26cf-4f7e-8a53-000000000000",
}


def whole(signer: keys.Signer, chance: random.Random) -> Chain:
    """A chain of some seals, with heads that were kept elsewhere, too; a person was forgotten, and half are pruned."""
    seals: Rows = []
    heads: Rows = []
    anchors: Rows = [dict(encoding.START)]
    before, length = encoding.BEGINNING, chance.randint(8, 24)
    for seq in range(1, length + 1):
        part = chance.choice(["whole", "whole", "whole", "opened", "settled"]) if seq < length else "whole"
        seal = sealed(seq, part, chance)
        if seq == length:
            seal |= {"action": "user.forget", "target_kind": "user", "target": MIREILLE}
        before = encoding.digest(seal, before)
        seals.append(seal | {"hash": before})
        if seal.get("user") == MIREILLE and seq < length and chance.random() < 0.5:
            forget(seals[-1])
        if chance.random() < 0.3:
            heads.append(signed(signer, seq, before))
    if not heads or heads[-1]["seq"] != seq:
        heads.append(signed(signer, seq, before))
    kept = [dict(head) for head in heads]
    if chance.random() < 0.5:
        pruned = chance.randint(1, 4)
        anchors = [anchored(signer, pruned, seals[pruned - 1]["hash"])]
        del seals[:pruned]
        heads = [head for head in heads if head["seq"] >= pruned]
    return seals, heads, kept, anchors


def sealed(seq: int, part: str, chance: random.Random) -> dict[str, Any]:
    seal: dict[str, Any] = {"seq": seq, "part": part, "entry": 100 + seq}
    if part != "settled":
        seal |= {
            "salt": f"{chance.getrandbits(128):032x}", "at": f"2026-11-24T13:02:{seq:02d}.000000+00:00",
            "actor": "user", "user": chance.choice([None, MIREILLE, JUN]), "action": "room.rotate_pin",
            "target_kind": "room", "room": None, "origin": "page", "request": f"r{seq}", "reason": "leaked",
            "details": {"before": seq, "name": "é"},
        }  # fmt: skip
    if part != "opened":
        seal |= {"target": f"t{seq}", "outcome": "done", "problem": "none"}
    return seal


def forget(seal: dict[str, Any]) -> None:
    """Let the commitments alone stay of what was typed."""
    kept = {name: encoding.commitment(seal["salt"], name, seal[name]) for name in encoding.TYPED}
    seal |= {"salt": "", "forgotten": MIREILLE, **kept}


def signed(signer: keys.Signer, seq: int, digest: str) -> dict[str, Any]:
    at, key = f"2026-11-24T13:02:{seq:02d}.500000+00:00", keys.key_id(signer.public)
    signature = signer.sign(encoding.head_text(seq, digest, at, key))
    return {"seq": seq, "hash": digest, "sealed_at": at, "key": key, "signature": signature}


def anchored(signer: keys.Signer, seq: int, digest: str) -> dict[str, Any]:
    at, key = "2027-11-24T13:02:00.000000+00:00", keys.key_id(signer.public)
    signature = signer.sign(encoding.anchor_text(seq, digest, at, key))
    return {"seq": seq, "hash": digest, "pruned_at": at, "key": key, "signature": signature}


def edit(rows: Rows, chance: random.Random) -> str:
    row = chance.choice(rows)
    column = chance.choice(sorted(row))
    value = row[column]
    while row[column] == value:
        row[column] = OTHER[type(value)](value, chance)
    return column


def edit_seal(found: Chain, chance: random.Random) -> None:
    edit(found[0], chance)


def edit_head(found: Chain, chance: random.Random) -> None:
    """Any of them; but for the newest one losing its key, which takes nothing away: a later one proves all it did."""
    edit(found[1], chance)
    if not all(head["key"] for head in found[1][:-1]):
        found[1][-1] |= {"key": ""}


def lose_entry(found: Chain, chance: random.Random) -> None:
    place = chance.randrange(len(found[0]))
    seal = found[0][place]
    found[0][place] = {"lost": "missing"} | {name: seal[name] for name in ("seq", "entry", "part", "hash")}


def delete(found: Chain, chance: random.Random) -> None:
    del found[0][chance.randrange(len(found[0]))]


def delete_and_close_the_gap(found: Chain, chance: random.Random) -> None:
    place = chance.randrange(len(found[0]))
    del found[0][place]
    for seal in found[0][place:]:
        seal["seq"] -= 1


def insert(found: Chain, chance: random.Random) -> None:
    place = chance.randrange(len(found[0]))
    more = dict(found[0][place])
    for seal in found[0][place:]:
        seal["seq"] += 1
    found[0].insert(place, more)


def swap(found: Chain, chance: random.Random) -> None:
    """Two entries change places, each with the number of the other."""
    one, other = chance.sample(range(len(found[0])), 2)
    seals = found[0]
    first, second = seals[one], seals[other]
    seals[one], seals[other] = second | {"seq": first["seq"]}, first | {"seq": second["seq"]}


def swap_entries_below_their_seals(found: Chain, chance: random.Random) -> None:
    one, other = chance.sample(found[0], 2)
    said = {name for name in one.keys() & other.keys() if name not in {"seq", "salt", "hash", "part"}}
    kept = {name: one[name] for name in said}
    one |= {name: other[name] for name in said}
    other |= kept


def reorder(found: Chain, chance: random.Random) -> None:
    before = list(found[0])
    while found[0] == before:
        chance.shuffle(found[0])


def cut_the_beginning(found: Chain, chance: random.Random) -> None:
    del found[0][: chance.randint(1, len(found[0]))]


def cut_the_end(found: Chain, chance: random.Random) -> None:
    del found[0][-chance.randint(1, len(found[0])) :]


def cut_the_end_with_its_heads(found: Chain, chance: random.Random) -> None:
    """As it was at an earlier head: only what was kept elsewhere tells."""
    start = found[3][0]["seq"]
    left = chance.choice([start, *(head["seq"] for head in found[1][:-1])])
    del found[0][left - start :]
    found[1][:] = [head for head in found[1] if head["seq"] <= left]


def drop_the_newest_head(found: Chain, chance: random.Random) -> None:
    found[1].pop()


def take_a_signature_off(found: Chain, chance: random.Random) -> None:
    found[1][-1] |= {"key": "", "signature": ""}


def pass_off_as_forgotten(found: Chain, chance: random.Random) -> None:
    """Empty the texts of an entry that nobody forgot, and say that it was one of those."""
    texts = [seal for seal in found[0] if seal["part"] != "settled" and "forgotten" not in seal]
    seal = chance.choice([seal for seal in texts if seal["user"] != MIREILLE])
    forget(seal)
    seal["forgotten"] = chance.choice([MIREILLE, JUN, seal["user"]])


def take_the_entry_that_accounts(found: Chain, chance: random.Random) -> None:
    """Have it say that somebody else was forgotten, or nobody."""
    found[0][-1] |= chance.choice([{"target": JUN}, {"action": "user.disable"}, {"target_kind": "room"}])


def edit_anchor(found: Chain, chance: random.Random) -> None:
    """Any part of it; where there is none, one is made up."""
    if found[3][0]["seq"]:
        edit(found[3], chance)
    else:
        prune_behind_the_back(found, chance)


def lose_the_anchor(found: Chain, chance: random.Random) -> None:
    """And with it the right to begin there; where there is none, some of the beginning goes without one."""
    if found[3][0]["seq"]:
        found[3][0] = dict(encoding.START)
    else:
        cut_the_beginning(found, chance)


def prune_behind_the_back(found: Chain, chance: random.Random) -> None:
    """Delete the beginning, and put an anchor of one's own there: forged, in the name of the key, or unsigned."""
    seals, heads, _kept, anchors = found
    last = chance.choice(seals[:-1])
    own = anchored(keys.Signer(Ed25519PrivateKey.generate()), last["seq"], last["hash"])
    anchors[0] = chance.choice([own, own | {"key": heads[-1]["key"]}, own | {"key": "", "signature": ""}])
    seals[:] = [seal for seal in seals if seal["seq"] > last["seq"]]
    heads[:] = [head for head in heads if head["seq"] >= last["seq"]]


def move_the_anchor(found: Chain, chance: random.Random) -> None:
    """Delete some more, and let the anchor say so without signing it anew."""
    last = chance.choice(found[0][:-1])
    found[3][0] |= {"seq": last["seq"], "hash": last["hash"], "key": found[1][-1]["key"]}
    found[0][:] = [seal for seal in found[0] if seal["seq"] > last["seq"]]


def make_anew(found: Chain, chance: random.Random) -> None:
    """Change an entry and compute all that follows: whoever does so has no key, so one of their own signs."""
    seals, heads, _kept, anchors = found
    chance.choice(seals)["entry"] += 1000
    forged, before = keys.Signer(Ed25519PrivateKey.generate()), anchors[0]["hash"]
    for seal in seals:
        before = seal["hash"] = encoding.digest(seal, before)
    own = signed(forged, seals[-1]["seq"], before)
    heads[:] = [own, own | {"key": heads[-1]["key"]}, own | {"key": "", "signature": ""}][chance.randrange(3) :][:1]


TAMPERINGS: tuple[Callable[[Chain, random.Random], None], ...] = (
    edit_seal, edit_seal, edit_seal, edit_head, lose_entry, delete, delete_and_close_the_gap, insert, swap,
    swap_entries_below_their_seals, reorder, cut_the_beginning, cut_the_end, cut_the_end_with_its_heads,
    drop_the_newest_head, take_a_signature_off, pass_off_as_forgotten,
    take_the_entry_that_accounts, edit_anchor, lose_the_anchor, prune_behind_the_back, move_the_anchor, make_anew,
)  # fmt: skip


def copied(found: Chain) -> Chain:
    seals, heads, kept, anchors = ([dict(row) for row in rows] for rows in found)
    return seals, heads, kept, anchors
