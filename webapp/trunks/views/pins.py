"""How safe the phone PINs are, trunk by trunk, with the formulas."""

import math

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, format_percent
from flask_babel import gettext as _

from webapp.core.security import require
from webapp.core.settings import settings
from webapp.rooms import pin_space
from webapp.trunks import moves, odds, policy
from webapp.trunks.pins import collisions, namespaces
from webapp.trunks.views.blueprint import bp

WORTH_A_PERCENT = 0.001  # smaller odds are read more easily as one in so many


@bp.get("/telephony/pins")
def pins() -> ResponseReturnValue:
    """Fill, odds and advice for each trunk; `length` looks at another length than the setting's."""
    require(policy.view)
    length = _length(request.args.get("length", ""))
    return render_template(
        "trunks/pins.html",
        length=length,
        codes=pin_space.codes(length),
        trivial=pin_space.trivial(length),
        namespaces=namespaces(length),
        collisions=collisions(),
        lengths=odds.LENGTHS,
        said=said,
        guesses=guesses,
        newest_move=moves.newest(),
    )


def _length(text: str) -> int:
    length = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else settings.pin_length
    return length if length in odds.LENGTHS else settings.pin_length


def said(chance: float) -> str:
    """Odds as people read them: a percentage, or one in so many when they are small."""
    if chance <= 0:
        return str(_("none"))
    if chance >= WORTH_A_PERCENT:
        almost = 0.9995 <= chance < 1
        return str(_("almost certain")) if almost else str(format_percent(chance, "0.#%" if chance < 0.1 else "0%"))
    inverse = 1 / chance if chance > 1e-300 else math.inf
    return str(_("1 in %(number)s", number=guesses(inverse)))


def guesses(number: float) -> str:
    """A large number in two digits that mean something; none for one without end."""
    if math.isinf(number):
        return str(_("none"))
    if number >= 1e15:
        return f"10^{math.floor(math.log10(number))}"
    size = 10 ** max(math.floor(math.log10(max(number, 1))) - 1, 0)
    return str(format_decimal(round(number / size) * size))
