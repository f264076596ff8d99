"""Every recorded decision of LiveKit, taken by a phone through the simulator: what the caller gets in SIP."""

import asyncio
import re
from typing import Any

from simulator import calls
from simulator.arguments import Arguments
from simulator.calls_control import store_sip
from simulator.calls_model import Caller, PhoneCall, State
from simulator.world import Options, Timing, World
from tests.support.loops import complete
from tests.support.vectors import load
from webapp.matching import KEYPAD

Case = dict[str, Any]
EVERY = 5
RANDOM = "[2-9A-HJ-NP-Za-km-z]{12}"
BEFORE_RINGING = {"error_several_trunks", "error_several_default_trunks", "error_bad_source_ip"}


def test_phones_get_in_sip_what_livekits_decision_means():
    complete(asyncio.wait_for(call_them_all(), 60))


async def call_them_all() -> None:
    for case in load("evaluate")[::EVERY]:
        keys = (case.get("typed") or {}).get("keys", "")
        # A phone has no other keys, and the bridge sends no extra attributes.
        if set(keys) <= KEYPAD and "extra_attributes" not in case["call"]:
            await check(case)


async def check(case: Case) -> None:
    world = World(Options(), timing=Timing(latency=0))
    store_sip(world, Arguments(trunks=case["trunks"], rules=case["rules"]))
    call = await made(world, case)
    try:
        assert (call.answers(), call.state) == expected(case), case["id"]
        assert world.outages == (case["verdict"] == "error_panic"), case["id"]
        if call.participant:
            check_participant(case, call)
    finally:
        calls.hang_up(world, call)
        world.reset()


async def made(world: World, case: Case) -> PhoneCall:
    told = case["call"]
    credentials = password_of(case)
    caller = {"from": told["from_user"], "to": told["to_user"], "source_ip": told["source_ip"], **credentials}
    call = calls.place(world, Caller.parse({**caller, "from_host": told["from_host"]}))
    call.id = told["call_id"]
    await settled(call)
    calls.press(world, call, (case.get("typed") or {}).get("keys", ""))
    await settled(call)
    return call


async def settled(call: PhoneCall) -> None:
    for _ in range(100):
        await asyncio.sleep(0)
        if call.task is None or call.task.done() or (call.state is State.RINGING and call.participant):
            return


def password_of(case: Case) -> dict[str, str]:
    trunk = next((t for t in case["trunks"] if t["sip_trunk_id"] == case["steps"][0].get("trunk_id")), {})
    if not case["steps"][0].get("password_asked"):
        return {}
    return {"username": trunk["auth_username"], "password": trunk["auth_password"]}


def expected(case: Case) -> tuple[list[str], State]:
    verdict = case["verdict"]
    if verdict in BEFORE_RINGING:
        return ["100 Processing", "503 Try again later"], State.ENDED
    asked = ["407 Unauthorized", "100 Processing"] if case["steps"][0]["password_asked"] else []
    answers, state = after_ringing(case)
    return ["100 Processing", *asked, "180 Ringing", *answers], state


def after_ringing(case: Case) -> tuple[list[str], State]:
    verdict, last = case["verdict"], case["steps"][-1]
    if verdict.startswith("drop_"):
        return [], State.SILENT
    if last["step"] == "dispatch" and "error" in last:
        return ["503 Try again later"], State.ENDED
    enters = bool(last.get("room_name", "x")) and "room_preset" not in last  # the server has no preset configured
    if verdict.startswith("accept_"):
        return ([], State.RINGING) if enters else (["486 Rejected"], State.ENDED)
    inside = verdict in {"pin_accept", "hash_accept"} and enters
    return (["200 OK"], State.INSIDE) if inside else (["200 OK", "BYE"], State.ENDED)


def check_participant(case: Case, call: PhoneCall) -> None:
    last, info = case["steps"][-1], call.participant.info
    pattern = re.escape(last["room_prefix"]) + RANDOM if last["room_random"] else re.escape(last["room_name"])
    assert re.fullmatch(pattern, call.participant.room.info.name), case["id"]
    assert (info.identity, info.name) == (last["participant_identity"], last["participant_name"]), case["id"]
    ours = {"sip.callStatus", "sip.callIDFull", "sip.callTag"}
    attributes = {name: value for name, value in info.attributes.items() if name not in ours}
    assert attributes == {name: value for name, value in last["participant_attributes"].items() if value}, case["id"]
