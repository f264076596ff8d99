"""What the final and provisional answers of SIP mean for a phone call (RFC 3261, section 21)."""

from flask_babel import gettext as _


def meaning(status: str) -> str:
    """A status in one sentence."""
    sentence = {**_passing(), **_refused_by_caller_side(), **_refused_by_server()}.get(status) or _of_class(status)
    return str(_("SIP %(status)s: %(meaning)s", status=status, meaning=sentence))


def _passing() -> dict[str, str]:
    return {
        "100": _("the call was received and is being worked on."),
        "180": _("the phone rings."),
        "183": _("the call is on its way; what is heard comes from the network."),
        "200": _("the call was answered."),
        "302": _("the called side names another address; LiveKit doesn't follow it."),
    }


def _refused_by_caller_side() -> dict[str, str]:
    return {
        "400": _("the message couldn't be read, or no codec fits both sides."),
        "401": _("a user name and password are asked for, or were wrong."),
        "403": _("refused: the account, the number shown or the destination isn't allowed."),
        "404": _("the called number doesn't exist there. Self-hosted LiveKit never says so for an unmatched call."),
        "405": _("this kind of message isn't taken, such as keys sent as SIP INFO."),
        "407": _("a user name and password are asked for; normal once, an error when it repeats."),
        "408": _("no answer came in time: wrong address or port, or a firewall."),
        "415": _("the content is of a kind that the other side doesn't take."),
        "480": _("the called phone can't be reached now: switched off, not registered, or not disturbed."),
        "481": _("the other side no longer knows this call."),
        "482": _("the call goes round in a circle."),
        "483": _("the call passed too many hops, mostly in a circle."),
        "484": _("the called number is incomplete."),
        "486": _(
            "the called side is busy. LiveKit says it when no one in the room listened or the room couldn't be joined."
        ),
        "487": _("the caller gave up before it was answered."),
        "488": _("the two sides have no codec or encryption in common."),
    }


def _refused_by_server() -> dict[str, str]:
    return {
        "500": _("the other side failed."),
        "502": _("a gateway on the way got no proper answer."),
        "503": _(
            "the other side takes no calls now. LiveKit says it when two trunks or two rules conflict, or it is away."
        ),
        "504": _("a server on the way got no answer in time."),
        "600": _("the called person is busy everywhere."),
        "603": _("the called side declined."),
        "604": _("the called number exists nowhere."),
        "607": _("the called side doesn't want this call."),
        "608": _("a network on the way rejected the call."),
    }


def _of_class(status: str) -> str:
    return str(
        {
            "1": _("the call is being set up."),
            "2": _("it went well."),
            "3": _("the called side names another address."),
            "4": _("the request was refused as it is."),
            "5": _("a server failed."),
        }.get(status[:1], _("the call was refused everywhere."))
    )
