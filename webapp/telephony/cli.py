"""Commands: `flask telephony evaluate` tells who would take a call, without any database or network."""

import sys
from collections.abc import Iterable

import click
from flask.cli import AppGroup

from webapp.telephony.evaluate import MalformedCaseError, evaluate_line

telephony = AppGroup("telephony", help="Explain phone calls.")


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
