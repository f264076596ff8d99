"""What pasted lines prove of a call beside what LiveKit would do now: its trunk, its rule, its room."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.tracer.names import Names
from webapp.tracer.question import Question
from webapp.tracer.story import Story


@dataclass(frozen=True)
class Compared:
    """One thing then and now; `gone`: LiveKit does not have it any more. `now` is empty where nothing is followed."""

    label: str
    then: str
    now: str
    gone: bool = False

    @property
    def differs(self) -> bool:
        """It would be another one now."""
        return self.gone or bool(self.now and self.now != self.then)


def compare(question: Question, story: Story | None, names: Names) -> list[Compared]:
    """Everything that the lines prove; the story is missing where the call cannot be followed."""
    if question.outbound:
        return []
    return list(_compared(question, story, names))


def _compared(question: Question, story: Story | None, names: Names) -> Iterator[Compared]:
    if question.trunk_id:
        now = (names.trunk(story.trunk.id).text if story.trunk else str(_("none"))) if story else ""
        gone = not names.has_trunk(question.trunk_id)
        yield Compared(_("Trunk"), names.trunk(question.trunk_id).text, now, gone)
    if question.rule_id:
        now = (names.rule(story.rule_id).text if story.rule_id else str(_("none"))) if story else ""
        gone = not names.has_rule(question.rule_id)
        yield Compared(_("Rule"), names.rule(question.rule_id).text, now, gone)
    if question.room:
        now = names.live_room(story) if story and story.taken else ""
        then = names.room(question.room, question.from_user)
        same = bool(story and story.answer.get("room_random") and question.room.startswith(story.room))
        yield Compared(_("Room"), then, then if same else now)
