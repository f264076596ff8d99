"""The answer about a call as plain lines for a terminal."""

from collections.abc import Iterator

from flask_babel import gettext as _

from webapp.tracer.answer import Trace
from webapp.tracer.proposals import Proposal
from webapp.tracer.steps import Step

_MARKS = {"passed": "[ok]", "stopped": "[STOP]", "never": "[--]"}


def lines(answer: Trace) -> Iterator[str]:
    """The verdict, the steps, what to change."""
    yield answer.outcome.title
    yield answer.outcome.hears
    yield f"SIP: {answer.outcome.sip}"
    yield ""
    for step in answer.steps:
        yield from _step(step)
    if answer.proposals or answer.advice or answer.room_says:
        yield ""
        yield str(_("What to change"))
    for proposal in answer.proposals:
        yield from _proposal(proposal)
    yield from (f"  {text}" for text in (answer.room_says, answer.advice) if text)


def _step(step: Step) -> Iterator[str]:
    yield f"{_MARKS[step.state]} {step.title}" + (f" ({step.note})" if step.note else "")
    if step.text:
        yield f"     {step.text}"
    for row in step.rows:
        word = _("matches") if row.state == "kept" else _("ruled out")
        yield f"     {word}: {row.name.text} {row.name.id} - {row.why}"
    if step.more:
        yield "     " + _("and %(num)s more ruled out", num=step.more)


def _proposal(proposal: Proposal) -> Iterator[str]:
    change = proposal.change
    yield f"  {change.thing} {change.id} ({proposal.name.text}), {change.field}:"
    if change.old:
        yield f"    - {change.old!r}"
    if change.new:
        yield f"    + {change.new!r}"
    yield f"    {proposal.why}"
    if proposal.needs:
        yield f"    {proposal.needs}"
    if change.instead:
        yield "    " + _("Ask again with %(number)s", number=change.instead)
