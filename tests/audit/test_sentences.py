"""The trail speaks: every deed that code can do has a sentence, in English and in French."""

import ast
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

import webapp
from tests.support.personas import make_user
from webapp.audit import actions, fields, origin_words, sentences
from webapp.audit.models import ActorKind, AuditEntry
from webapp.audit.sentences import SENTENCES, WORDS

SOURCES = Path(webapp.__file__).parent
TOLD = {Path(module.__file__) for module in (sentences, actions, fields, origin_words)}  # they speak of deeds
BLANK = re.compile(r"%\((\w+)\)s")


def recorded() -> Iterator[tuple[str, set[str]]]:
    """Every action that a call of `record` in the code names, with the details that it gives."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] == "record" and node.args:
                yield from _named(node)


def _named(call: ast.Call) -> Iterator[tuple[str, set[str]]]:
    details = {word.arg or "*" for word in call.keywords} - {"reason", "room_id"}
    for part in ast.walk(call.args[0]):
        if isinstance(part, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(part.value)):
            yield str(part.value), details


def told(action: str, language: str, **details: object) -> str:
    person = {"person": str(uuid.UUID(int=1))}
    target = {"target_kind": action.partition(".")[0], "target_id": "x"}
    entry = AuditEntry(action=action, actor=ActorKind.SYSTEM, details=person | details, reason="", **target)
    with force_locale(language):
        (deed,) = sentences.deeds([entry], sentences.TrailNames({}))
    return deed.text


def test_every_deed_of_the_code_has_a_sentence():
    assert {action for action, _details in recorded()} - set(SENTENCES) == set()


FORMER = {"rule.repair_failed"}  # nobody writes them any more, and the trail has them


def test_no_sentence_speaks_of_a_deed_that_is_not_done():
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py") if path not in TOLD)
    patterns = {action: rf'"{action}"|f"{action.split(".")[0]}\.{{' for action in SENTENCES}
    assert {action for action, pattern in patterns.items() if not re.search(pattern, code)} == FORMER


@pytest.mark.parametrize(("action", "details"), sorted((action, sorted(given)) for action, given in recorded()))
def test_a_sentence_fills_its_blanks_from_what_the_deed_tells(app: Flask, action: str, details: list[str]):
    with app.test_request_context(), force_locale("en"):
        wanted = set(BLANK.findall(str(SENTENCES[action]))) - sentences.NAMED
    assert wanted <= set(details) or "*" in details


@pytest.mark.parametrize("action", SENTENCES)
def test_a_sentence_is_told_in_both_languages(app: Flask, action: str):
    with app.test_request_context():
        blanks = {
            name: "7" for name in BLANK.findall(str(SENTENCES[action])) if name not in {*sentences.NAMED, "person"}
        }
        english, french = told(action, "en", **blanks), told(action, "fr", **blanks)
    assert english != french and action not in english + french and "%(" not in english + french


def test_the_words_of_details_are_told_in_the_readers_language(app: Flask):
    with app.test_request_context():
        with force_locale("fr"):
            same = [word for word in WORDS if str(WORDS[word]) == word and word not in {"language"}]
        assert same == []
        assert "nom, lien" in told("room.edit", "fr", fields=["name", "slug"])


def test_an_empty_list_leaves_no_hole(app: Flask):
    with app.test_request_context():
        said = told("rule.repair", "en", what="impostor", deleted=["SDR_1"], changed=[])
    assert said.endswith("rules deleted: SDR_1, changed: none")


def test_a_deed_without_a_sentence_names_its_action_instead_of_breaking(app: Flask):
    with app.test_request_context():
        assert told("room.of_the_future", "en") == "Frontdesk room.of_the_future"


def test_names_are_escaped_and_reasons_quoted(app: Flask):
    user = make_user("x")
    user.full_name = "<b>Bold</b>"
    entry = AuditEntry(action="room.rotate_pin", actor=ActorKind.USER, user=user, details={}, reason="<i>leaked</i>")
    entry.room_id = uuid.UUID(int=2)
    with app.test_request_context(), force_locale("en"):
        (deed,) = sentences.deeds([entry], sentences.TrailNames({}))
    assert "&lt;b&gt;Bold" in deed.sentence and "“&lt;i&gt;leaked" in deed.sentence


def test_a_sentence_names_the_room_the_guest_and_the_trunk_and_says_what_is_gone(app: Flask):
    key, entry_id = uuid.UUID(int=2), str(uuid.UUID(int=3))
    admit = AuditEntry(action="entry.admit", actor=ActorKind.SYSTEM, details={}, reason="", room_id=key)
    admit.target_kind, admit.target_id = "entry", entry_id
    trunk = AuditEntry(action="trunk.update", actor=ActorKind.SYSTEM, details={}, reason="")
    trunk.target_kind, trunk.target_id = "trunk", "ST_1"
    with app.test_request_context(), force_locale("en"):
        things = {("entry", entry_id): "Lotte <B>", ("trunk", "ST_1"): "Night line"}
        known = sentences.deeds([admit, trunk], sentences.TrailNames({}, {key: "Housing"}, things))
        gone = sentences.deeds([admit, trunk], sentences.TrailNames({}, {}))
    assert [deed.text for deed in gone] == [
        "Frontdesk admitted someone to a room that is gone",
        "Frontdesk changed the trunk ST_1",
    ]
    assert known[0].sentence == "<b>Frontdesk</b> admitted <b>Lotte &lt;B&gt;</b> to <b>Housing</b>"
    assert known[1].text == "Frontdesk changed the trunk Night line"
