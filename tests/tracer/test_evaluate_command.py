"""`flask telephony evaluate`: every case answered as LiveKit answers it, fast, and bad lines named."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.vectors import load
from tests.support.waiting import PATIENCE

LONE_SURROGATE = json.dumps(
    {
        "id": "x",
        "call": {"from_user": "\ud800"},
        "rules": [{"rule": {"dispatch_rule_direct": {}}, "hide_phone_number": True}],
    }
)
ASKED = ("id", "trunks", "rules", "call", "typed")


@pytest.fixture
def evaluate(_app):
    """Run the command on lines of text."""

    def run(*lines: str) -> Result:
        return _app.test_cli_runner().invoke(args=["telephony", "evaluate"], input="\n".join(lines))

    return run


def asked(case: dict) -> str:
    return json.dumps({name: case[name] for name in ASKED if name in case}, ensure_ascii=False)


def summary(answer: dict) -> tuple[str, str, list[str]]:
    return answer["id"], answer["verdict"], [step["step"] for step in answer["steps"]]


def test_ten_thousand_calls_are_answered_as_livekit_answers_them_in_ten_seconds(evaluate):
    cases = [*load("evaluate"), *load("evaluate")][:10_000]
    began = time.process_time()  # others use the machine, too
    result = evaluate(*map(asked, cases))
    assert time.process_time() - began < 10
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0 and result.stderr == ""
    assert [(answer["id"], answer["verdict"]) for answer in answers] == [
        (case["id"], case["verdict"]) for case in cases
    ]
    assert all(
        [step["step"] for step in a["steps"]] == [s["step"] for s in c["steps"]]
        for a, c in zip(answers, cases, strict=True)
    )


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "valid dictionary"),
        ('{"id": "x"}', "call: Field required"),
        ('{"id": "x", "call": {"from_user": 33123}}', "call.from_user: Input should be a valid string"),
        (
            '{"id": "x", "call": {}, "trunks": [{"numbers": "+33123"}]}',
            "trunks.0.numbers: Input should be a valid list",
        ),
        ('{"id": "x", "call": {}, "rules": [{"rule": []}]}', "rules.0.rule: Input should be a valid dictionary"),
        ('{"id": "x", "call": {}, "typed": {"keys": null}}', "typed.keys: Input should be a valid string"),
        (LONE_SURROGATE, "not Unicode text"),
    ],
)
def test_a_malformed_line_is_named_and_the_others_are_answered(evaluate, line, refusal):
    good = [asked(case) for case in load("evaluate")[:2]]
    result = evaluate(good[0], line, "", good[1])
    assert result.exit_code == 1
    assert [json.loads(text)["id"] for text in result.stdout.splitlines()] == ["ev-00001", "ev-00004"]
    assert result.stderr.startswith("line 2: ") and refusal in result.stderr
    assert "33123" not in result.stderr


def test_the_command_needs_no_setting_and_no_database():
    root = Path(__file__).parent.parent.parent
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    line = [sys.executable, "-m", "flask", "telephony", "evaluate"]
    case = load("evaluate")[0]
    told = subprocess.run(
        line, input=asked(case), env=plain, cwd=root, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)["verdict"] == case["verdict"]


def test_keys_never_typed_leave_the_call_at_the_pin_prompt(evaluate):
    case = next(case for case in load("evaluate") if case["verdict"] == "pin_accept")
    del case["typed"]
    assert json.loads(evaluate(asked(case)).stdout)["verdict"] == "request_pin"
