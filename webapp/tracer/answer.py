"""The whole answer about a call: LiveKit's trunks and rules as they stand now, the story, and its words."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.doctor import reading as readings
from webapp.doctor.reading import Reading
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room
from webapp.rules.owners import OfRoom
from webapp.tracer import advice, outcomes
from webapp.tracer.changes import proposed
from webapp.tracer.comparison import Compared, compare
from webapp.tracer.names import Names
from webapp.tracer.outcomes import Ending
from webapp.tracer.proposals import Proposal, checked
from webapp.tracer.question import Question
from webapp.tracer.steps import Step, steps
from webapp.tracer.story import Story, tell


@dataclass(frozen=True)
class Trace:
    """What is told about a call; `room` is ours whose PIN was typed although no rule has it.

    `of_room`: the rule that takes the call, or asks for a PIN, is that of one of our rooms.
    """

    verdict: str
    outcome: Ending
    steps: Sequence[Step]
    proposals: Sequence[Proposal]
    advice: str
    room: Room | None = None
    room_says: str = ""
    of_room: bool = False


def answer(question: Question, reading: Reading) -> Trace:
    """Explain a call over what LiveKit has in the reading."""
    story, names = _story(question, reading), Names(reading)
    changes = proposed(story, reading.trunks, reading.rules)
    proposals, refusals = checked(changes, reading.trunks, reading.rules, names)
    rule = reading.rule_by_id.get(story.rule_id)
    room, says = _of_our_pin(story)
    return Trace(
        story.verdict,
        outcomes.outcome(story, names.live_room(story) if story.taken else ""),
        steps(story, reading.trunk_by_id, names),
        proposals,
        " ".join(refusals) or ("" if proposals or room else advice.without_change(story)),
        room,
        says,
        rule is not None and isinstance(reading.owner(rule), OfRoom),
    )


def ask_livekit(question: Question) -> tuple[Reading, Trace | None]:
    """Read LiveKit and explain a call; no answer while LiveKit is away, or where the call cannot be followed.

    Ends the transaction.
    """
    reading = readings.read()
    return reading, None if reading.problem or not followed(question, reading) else answer(question, reading)


def followed(question: Question, reading: Reading) -> bool:
    """The matching can tell who takes the call: all that trunks and rules ask of it is known."""
    if not question.pasted:
        return True
    return question.traceable and not ("from_user" in question.masked and _callers_count(reading))


def _callers_count(reading: Reading) -> bool:
    """Some trunk or rule asks who calls; the guard only asks whether there is a number."""
    return any(trunk.allowed_numbers for trunk in reading.trunks) or any(
        any(rule.inbound_numbers) for rule in reading.rules
    )


def compared(question: Question, reading: Reading) -> list[Compared]:
    """What the lines prove beside what would happen now."""
    if reading.problem or not question.pasted:
        return []
    return compare(question, _story(question, reading) if followed(question, reading) else None, Names(reading))


def _story(question: Question, reading: Reading) -> Story:
    guards = frozenset(rule.id for of_trunk in reading.guards.values() for rule in of_trunk)
    ours = frozenset(rule.id for rule in reading.rules if rule.id not in reading.foreign_ids)
    return tell(reading.trunks, reading.rules, question, guards, ours)


def _of_our_pin(story: Story) -> tuple[Room | None, str]:
    """The room of ours that the PIN belongs to, when no rule has it: the usual reason for a wrong right PIN."""
    if story.verdict != "pin_wrong" or not story.trunk or not story.second:
        return None, ""
    holder = room_queries.pin_holder(story.trunk.id, story.question.pin)
    if holder is None:
        return None, ""
    room, retired = holder
    if retired:
        return room, _("This was the PIN of %(room)s until it got a new one.", room=room.name)
    if not room.phone_enabled:
        return room, _("This is the PIN of %(room)s, whose dial-in is off.", room=room.name)
    if not room.web_count:
        return room, _(
            "This is the PIN of %(room)s, where no one has joined online: until then it has no rule.", room=room.name
        )
    return room, _("This is the PIN of %(room)s, which is live but has no rule. Check and repair it.", room=room.name)
