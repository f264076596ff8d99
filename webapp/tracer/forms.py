"""What may be asked about a call."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from webapp.tracer.log import LONGEST, UnreadableCallError
from webapp.tracer.log import read as read_log
from webapp.tracer.question import Question, TypedChoice

_KEYS = re.compile(r"[0-9*a-d]{1,32}")


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


def _visible(_form: FlaskForm, field: Field) -> None:
    if not str(field.data or "").isprintable():
        raise ValidationError(_("Control characters and invisible marks can't be used here."))


def _pin_problem(pin: str) -> str:
    """What to enter where `pin` are no keys of a telephone."""
    if not pin.strip():
        return str(_("Enter the keys that were pressed before #, or choose “Nothing yet”."))
    if any(character.isspace() for character in pin):
        return str(_("Enter the PIN without spaces: 12345678, not 1234 5678."))
    return str(_("Enter the keys that were pressed before #: digits, *, or a to d."))


class CallForm(FlaskForm):
    """A call: who dials what from where, and what is typed."""

    to_user = StringField(
        _l("Called number"),
        [DataRequired(_l("Enter the number that was called.")), Length(max=200), _visible],
        [_trimmed],
        description=_l("As the provider sends it, mostly international: to LiveKit 01… and +331… are two numbers."),
    )
    from_user = StringField(
        _l("Caller"),
        [Length(max=200), _visible],
        [_trimmed],
        description=_l("Kept for this sign-in alone, sealed, and not written to any log. Empty: no caller number."),
    )
    source_ip = StringField(
        _l("Source address"),
        [Length(max=100), _visible],
        [_trimmed],
        description=_l("Empty: every trunk's address list lets it pass."),
    )
    from_host = StringField(
        _l("Host in the From header"),
        [Length(max=200), _visible],
        [_trimmed],
        description=_l("What the caller claims; an address list can be passed by it."),
    )
    typed = RadioField(
        _l("Typed at the prompt"),
        choices=[
            SelectChoice(TypedChoice.NOTHING.value, _l("Nothing yet")),
            SelectChoice(TypedChoice.HASH.value, _l("Only #")),
            SelectChoice(TypedChoice.PIN.value, _l("A PIN, then #")),
        ],
        default=TypedChoice.NOTHING.value,
    )
    pin = StringField(_l("PIN"), [Length(max=32)])

    def validate_pin(self, field: Field) -> None:
        """A PIN is asked for by its choice, and consists of keys of a telephone."""
        if self.typed.data == TypedChoice.PIN.value and not _KEYS.fullmatch(field.data or ""):
            raise ValidationError(_pin_problem(field.data or ""))

    def question(self) -> Question:
        """What was asked, once valid; a PIN without its choice is dropped."""
        data: dict[str, Any] = {name: self[name].data for name in ("to_user", "from_user", "source_ip", "from_host")}
        typed = self.typed.data
        return Question(**data, typed=typed, pin=self.pin.data if typed == TypedChoice.PIN.value else "")


class LogForm(FlaskForm):
    """Lines of a log, a SIP message, or an error text."""

    log = TextAreaField(
        _l("Log lines, a SIP message, or an error text"),
        [InputRequired(_l("Paste at least one line.")), Length(max=LONGEST)],
        description=_l("Any form, all lines of one call if you have them. A typed PIN in them is dropped."),
    )

    def validate_log(self, field: Field) -> None:
        """There is a call in it, told in characters that the other form takes too."""
        try:
            self._question = read_log(field.data)
        except UnreadableCallError:
            raise ValidationError(
                _("A number or a host in these lines is no text, or holds control characters or invisible marks.")
            ) from None
        if self._question is None:
            raise ValidationError(
                _("None of this was understood. Paste lines of livekit-sip, a SIP message, or the text of an error.")
            )

    def question(self) -> Question | None:
        """What the lines say of the call, once valid."""
        return self._question
