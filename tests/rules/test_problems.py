"""What keeps LiveKit from following: stored as text, read again as it was, also from rows of older versions."""

import uuid

import pytest
from flask import Flask

from webapp.doctor.finding import key_ending
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable
from webapp.rules import problems
from webapp.rules.problems import Problem

ROOM = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        ("", problems.NONE),
        ("no_trunk", problems.NO_TRUNK),
        ("unavailable\tdeadline_exceeded", problems.failed(LiveKitUnavailable("deadline_exceeded"))),
        ("refused\tinvalid_argument", problems.failed(LiveKitError("invalid_argument"))),
        ("conflict\tSDR_a\tnight line", problems.conflict("SDR_a", "night line")),
        ("pair\tSDR_a\tSDR_b", problems.pair("SDR_a", "SDR_b")),
        ("waits_for\tSDR_a", problems.waits_for("SDR_a")),
        ("refused\tbad_rule\tSDR_a", problems.bad_rule("SDR_a")),
        ("guard_refused", problems.guard_refused("")),
        ("guard_refused\tSDR_a", problems.guard_refused("SDR_a")),
    ],
)
def test_a_problem_is_stored_as_ever_and_read_as_it_was(stored: str, problem: Problem):
    assert (str(problem), Problem.parse(stored), bool(problem)) == (stored, problem, bool(stored))


def test_a_row_of_an_older_version_is_read_with_all_its_tabs():
    assert Problem.parse("refused\tbad_rule\t") == problems.bad_rule("")
    assert Problem.parse("conflict\tSDR_a\ta\tb").second == "a\tb"


def test_the_name_of_a_foreign_rule_is_cut_where_it_is_kept_and_where_an_older_row_is_read(app: Flask):
    assert "336" not in str(problems.conflict("SDR_a", "+33612345678"))
    with app.test_request_context():
        assert "336" not in problems.sentence(Problem.parse("conflict\tSDR_a\t+33612345678"))


@pytest.mark.parametrize(
    ("problem", "key"),
    [
        (problems.conflict("SDR_a", ""), f"missing~{ROOM}"),
        (problems.guard_refused("SDR_a"), f"missing~{ROOM}"),
        (problems.bad_rule("SDR_a"), "no-kind~SDR_a"),
        (problems.bad_rule(""), ""),
        (problems.pair("SDR_b", "SDR_a"), "conflict~SDR_a~SDR_b"),
        (problems.pair("SDR_a", "SDR_a"), "self-conflict~SDR_a"),
        (problems.waits_for("SDR_a"), ""),
        (problems.NONE, ""),
    ],
)
def test_a_problem_leads_to_the_finding_whose_repair_ends_it(problem: Problem, key: str):
    assert key_ending(problem, ROOM) == key
