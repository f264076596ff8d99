"""`flask mail preview` shows each kind of mail before anybody gets one, of invented data or of a recording."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from webapp.core.db import db, new_id, utcnow
from webapp.mails import kinds
from webapp.mails.models import Mail
from webapp.recordings.models import Recording

RECORDINGS = ("recording_saved", "recording_week_left", "recording_day_left")
ROLES = ("role_granted", "role_accepted", "role_changed", "role_removed", "role_transferred")
KINDS = (*RECORDINGS, "invitation", *ROLES)
REVIEWS = ("review_asked", "review_reminder", "review_ending", "review_access_ends")


def preview(app: Flask, *arguments: str) -> Result:
    db.session.commit()
    return app.test_cli_runner().invoke(args=["mail", "preview", *arguments])


def test_every_kind_has_a_preview(app: Flask):
    assert set(kinds.all_kinds()) == {*KINDS, *REVIEWS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_sample_is_written_in_both_parts_and_said_to_be_one(app: Flask, kind: str, language: str):
    page = preview(app, kind, "--language", language)
    text = preview(app, kind, "--language", language, "--text")
    assert (page.exit_code, text.exit_code) == (0, 0)
    assert page.stdout.startswith("<!doctype html>") and f'lang="{language}"' in page.stdout
    assert "Housing committee" in text.stdout and "<" not in text.stdout
    assert "is invented" in page.stderr and "Subject: " in page.stderr
    assert ("Opens until" in text.stdout) is (language == "en" and kind in RECORDINGS)


@pytest.mark.parametrize("kind", REVIEWS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_sample_of_a_review_is_written_in_both_parts(app: Flask, kind: str, language: str):
    page = preview(app, kind, "--language", language)
    text = preview(app, kind, "--language", language, "--text")
    assert (page.exit_code, text.exit_code) == (0, 0)
    assert page.stdout.startswith("<!doctype html>") and f'lang="{language}"' in page.stdout
    assert "/mails/off/nobody" in text.stdout and "<" not in text.stdout
    assert ("no sign-in needed" in text.stdout) is (language == "en")


def test_the_preview_of_a_recording_is_of_its_room_and_reaches_nobody(app: Flask, recording: Recording, tmp_path: Path):
    recording.retention_days, recording.expires_at = 90, utcnow() + timedelta(days=90)
    file = tmp_path / "mail.html"
    assert preview(app, "recording_saved", "--about", str(recording.id), "--output", str(file)).exit_code == 0
    assert f"/recordings/{recording.id}/" in file.read_text() and "/mails/off/nobody" in file.read_text()
    assert db.session.query(Mail).count() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("weather",), "There are: recording_saved, recording_week_left, recording_day_left, "),
        (("recording_saved", "--language", "tlh"), "There are: en, fr."),
        (("recording_saved", "--about", str(new_id())), "nothing to write about (recording_gone)"),
        (("recording_saved", "--about", "x"), "'x' is not a valid UUID"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(app: Flask, arguments: tuple[str, ...], words: str):
    answer = preview(app, *arguments)
    assert answer.exit_code != 0 and words in answer.output


def test_no_reminder_is_shown_of_what_is_permanent(app: Flask, recording: Recording):
    assert "(permanent)" in preview(app, "recording_day_left", "--about", str(recording.id)).output
