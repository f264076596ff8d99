"""What a caller hears in the end, and what SIP says, in words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.tracer.story import Story

RINGING = "100 Processing, 180 Ringing"
NO_ANSWER = "503 Try again later"


@dataclass(frozen=True)
class Ending:
    """The end of a call: `tone` is taken, asks or refused."""

    tone: str
    title: str
    hears: str
    sip: str


def outcome(story: Story, room: str) -> Ending:
    """The end of the story; `room` is what the room is called, if the call gets into one."""
    ending = _removed(story) or _taken(story, room) or _prompted(story) or _silent(story) or _failed(story)
    if story.trunk and story.trunk.asks_password and story.verdict != "error_bad_source_ip":
        return Ending(ending.tone, ending.title, ending.hears, f"407 Unauthorized; {ending.sip}")
    return ending


def _removed(story: Story) -> Ending | None:
    if not story.guarded:
        return None
    title = _("Frontdesk ends this call: it has no caller number")
    hears = _("The caller hears ringing for a moment, and then the call ends.")
    return Ending("refused", title, hears, _("%(ringing)s, then the end of the call", ringing=RINGING))


def _taken(story: Story, room: str) -> Ending | None:
    if not story.taken:
        return None
    title = _("This call goes into %(room)s", room=room or _("a room without a name"))
    if story.verdict.startswith("accept_"):
        hears = _(
            "The caller hears ringing until someone in the room speaks or can be heard, and then the "
            "room. With no one there for 3 minutes the call ends."
        )
        return Ending("taken", title, hears + _by_nobodys_trunk(story), f"{RINGING}, 200 OK / 486 Rejected")
    hears = _("The caller hears the prompt for a PIN, then that they are being connected, then the room.")
    return Ending("taken", title, hears + _by_nobodys_trunk(story), f"{RINGING}, 200 OK")


def _by_nobodys_trunk(story: Story) -> str:
    if story.trunk is not None:
        return ""
    sentence = _("No trunk took the call: it comes in by a rule that names none, as anyone's call does.")
    return f" {sentence}"


def _prompted(story: Story) -> Ending | None:
    if story.verdict == "request_pin":
        title = _("LiveKit asks for a PIN")
        hears = _("The caller hears the prompt and types a PIN and #, of any rule. There is one try per call.")
        return Ending("asks", title, hears, f"{RINGING}, 200 OK")
    if story.verdict not in ("pin_wrong", "hash_refused"):
        return None
    title = _("No rule takes this PIN") if story.verdict == "pin_wrong" else _("No open rule takes a call with only #")
    hears = _("The caller hears the prompt, then “wrong PIN”, and the call ends. There is one try per call.")
    return Ending("refused", title, hears, f"{RINGING}, 200 OK, BYE")


def _silent(story: Story) -> Ending | None:
    titles = {
        "drop_no_rule": _("No rule takes this call"),
        "drop_no_trunk": _("No trunk and no rule takes this call"),
        "drop_address_not_allowed": _("No trunk lets this source address in"),
        "drop_caller_not_allowed": _("No trunk lets this caller in"),
    }
    if story.verdict not in titles:
        return None
    hears = _(
        "The caller hears ringing for as long as they hold on. LiveKit never answers and never says no; "
        "livekit-sip writes “flood”, which only means that nothing matched."
    )
    hosted = _(
        "Self-hosted LiveKit from 1.12 on does it this way; LiveKit Cloud differs. An answer such as "
        "“404 No trunk found” comes from elsewhere."
    )
    hears = f"{hears} {hosted}"
    sip = _("%(ringing)s, then no final answer", ringing=RINGING)
    return Ending("refused", titles[story.verdict], hears, sip)


def _failed(story: Story) -> Ending:
    titles = {
        "error_several_trunks": _("Two trunks list the called number, so LiveKit takes neither"),
        "error_several_default_trunks": _("Two trunks take every number, so LiveKit takes neither"),
        "error_bad_source_ip": _("The source address isn't an IP address"),
        "error_rule_conflict": _("Two rules conflict, so LiveKit refuses every call here"),
        "error_bad_rule": _("A rule of no kind makes LiveKit refuse every call here"),
        "error_invalid_utf8": _("The caller's number can't be hidden: it is cut inside a letter"),
        "error_panic": _("A call without a caller number meets a rule that hides numbers"),
    }
    title = titles.get(story.verdict, _("LiveKit fails at this call"))
    if story.verdict == "error_panic":
        hears = _("The caller gets “unavailable”, and every meeting may stop until LiveKit is back.")
        return Ending("refused", title, hears, f"{RINGING}, {NO_ANSWER}")
    hears = _("The caller gets “unavailable” instead of the PIN prompt.")
    before = story.verdict in ("error_several_trunks", "error_several_default_trunks", "error_bad_source_ip")
    return Ending("refused", title, hears, f"{'100 Processing' if before else RINGING}, {NO_ANSWER}")
