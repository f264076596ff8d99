"""Commands: `evaluate` tells who would take a call, without any database or network; `explain` asks LiveKit first."""

import sys
from collections.abc import Iterable

import click
from flask.cli import AppGroup
from werkzeug.datastructures import MultiDict

from webapp.doctor import sentences
from webapp.tracer import terminal
from webapp.tracer.answer import ask_livekit
from webapp.tracer.evaluate import MalformedCaseError, evaluate_line
from webapp.tracer.forms import CallForm
from webapp.tracer.question import Question, TypedChoice

telephony = AppGroup("telephony", help="Explain phone calls.")
_OPTIONS = {"to_user": "--to", "from_user": "--from", "source_ip": "--source", "from_host": "--host", "pin": "--pin"}


@telephony.command(with_appcontext=False)
@click.argument("cases", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def evaluate(cases: Iterable[str]) -> None:
    """Evaluate CASES (JSON lines with id, trunks, rules, call, typed) and print a verdict with its steps for each.

    A malformed line is refused by its number on standard error and makes the exit status 1; the others are answered.
    """
    refused = 0
    for number, line in enumerate(cases, start=1):
        if not line.strip():
            continue
        try:
            click.echo(evaluate_line(line))
        except MalformedCaseError as error:
            refused += 1
            click.echo(f"line {number}: {error}", err=True)
    if refused:
        sys.exit(1)


@telephony.command()
@click.option("--from", "from_user", default="", help="The caller's number; without it, a call without one.")
@click.option("--to", "to_user", required=True, help="The called number, as the provider sends it.")
@click.option("--source", "source_ip", default="", help="The address the call comes from.")
@click.option("--host", "from_host", default="", help="The host in the From header.")
@click.option("--pin", help="The PIN typed before #; - asks for it, so that no history has it.")
@click.option("--hash", "only_hash", is_flag=True, help="Only # is pressed.")
def explain(pin: str | None, only_hash: bool, **call: str) -> None:
    """Tell step by step which rule takes a call, with LiveKit's trunks and rules as they are now."""
    if pin is not None and only_hash:
        raise click.UsageError("--hash is for calls where no PIN is typed: leave out --hash or --pin.")
    if pin == "-":
        pin = click.prompt("PIN", hide_input=True)
    typed = TypedChoice.HASH if only_hash else TypedChoice.NOTHING if pin is None else TypedChoice.PIN
    reading, answer = ask_livekit(_question({**call, "typed": typed.value, "pin": pin or ""}))
    if answer is None:
        click.echo(sentences.unanswered(reading.problem), err=True)
        sys.exit(1)
    for line in terminal.lines(answer):
        click.echo(line)


def _question(asked: dict[str, str]) -> Question:
    """The question, held to the rules of the page's form; what is refused is not repeated, it may be a PIN."""
    form = CallForm(MultiDict(asked), meta={"csrf": False})  # no browser, and no request to forge
    if not form.validate():
        field, refusals = next(iter(form.errors.items()))
        raise click.BadParameter(" ".join(map(str, refusals)), param_hint=_OPTIONS[str(field)])
    return form.question()
