"""`flask audit …`: the key that signs the chain over the audit log, and whether the chain holds."""

import json
import sys
from pathlib import Path
from typing import IO, Any

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.audit import chain, exporting, keys, pruning, records, sealing, verifying
from webapp.audit.chain import ChainVerdict
from webapp.audit.chain_models import ChainState, Verification
from webapp.core import files, patience
from webapp.core.db import db
from webapp.core.settings import settings

audit = AppGroup("audit", help="The audit log's chain: its key, whether it holds.")
NOT_ALLOWED = (
    "This database role may not delete entries. Run `flask audit prune` with the FRONTDESK_DATABASE_URL with which you "
    "run `flask db upgrade`."
)
EXITS = {ChainState.INTACT: 0, ChainState.BROKEN: 1, ChainState.UNSIGNED: 3}


@audit.command()
def key() -> None:
    """Make a key pair. The private key is for the setting alone; it is stored nowhere."""
    private, public = keys.generate()
    click.echo(f"FRONTDESK_AUDIT_KEY={private}")
    click.echo(f"Public key, for those who verify: {public}", err=True)
    click.echo("Keep the private key where the database's administrators cannot read it.", err=True)


@audit.command()
def public_key() -> None:
    """Print the public key of the private one in the settings. Exits 1 when there is none."""
    signer = keys.signer()
    if signer is None:
        raise click.ClickException("FRONTDESK_AUDIT_KEY isn't set. `flask audit key` makes one.")
    click.echo(signer.public)


@audit.command()
@click.option("--heads", type=click.File(encoding="utf-8"), help="Heads that were kept elsewhere, one JSON a line.")
@click.option("--public-key", "public", multiple=True, help="Key that counts instead of those in the settings.")
def verify(heads: IO[str] | None, public: tuple[str, ...]) -> None:
    """Follow the whole chain, and say whether anybody changed the log.

    The verdict is one line on standard output, all else goes to standard error. Exits 0 when the chain is intact, 1
    when it is broken, 2 when it was asked in a wrong way, and 3 when it agrees with itself but nobody signed it.
    """
    kept = _heads(heads) if heads else []
    known = _known(public) if public else None
    with patience.of(None):
        sealing.seal_all()
        run = Verification()
        db.session.add(run)
        db.session.commit()
        verdict = verifying.look(_tell, public=known, kept=kept)
        verifying.keep(run.id, verdict)
    click.echo(words(verdict))
    sys.exit(EXITS[verdict.state])


@audit.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
def export(output: Path | None) -> None:
    """Write what a verifier outside of Frontdesk needs, as JSON Lines: anchor, heads, seals with their entries.

    What people typed is in it; network addresses are not. tools/verify_audit.py reads it. A file is there
    whole or, when anything fails, as it was before.
    """
    with patience.of(None):
        sealing.seal_all()
        try:
            if output is None or str(output) == "-":
                count = _write(sys.stdout)
            else:
                with files.replacing(output) as file:
                    count = _write(file)
        except exporting.Pruned as error:
            raise click.ClickException("The log was pruned meanwhile. Export it again.") from error
        except OSError as error:
            raise click.ClickException(f"The file can't be written: {error.strerror}. Choose another one.") from error
    click.echo(f"{count} seals were written.", err=True)


def _write(file: IO[str]) -> int:
    """Write all lines; returns how many seals that were."""
    count = 0
    for line in exporting.lines():
        file.write(json.dumps(line) + "\n")
        count += line["what"] == "seal"
    return count


@audit.command()
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
def prune(dry_run: bool) -> None:
    """Delete entries older than FRONTDESK_AUDIT_KEEP_DAYS, and leave a signed anchor from which the rest is followed.

    Exits 1 when the chain does not hold, or when this database role may not delete entries.
    """
    if not settings.audit_keep_days:
        click.echo("FRONTDESK_AUDIT_KEEP_DAYS is 0: entries are kept for ever.")
        return
    if not pruning.may_prune() and not dry_run:
        raise click.ClickException(NOT_ALLOWED)
    with patience.of(None):
        planned = pruning.plan()
        try:
            if planned.seals and not dry_run:
                pruning.prune(planned)
        except chain.Broken as found:
            raise click.ClickException(
                f"The chain is broken at seal {found.seq} ({found.problem}). Nothing behind that was deleted. Run "
                "`flask audit verify` once it is put right."
            ) from found
    day, fate = planned.before.date().isoformat(), "would be" if dry_run else "were"
    click.echo(f"{planned.entries} entries from before {day} ({planned.seals} seals) {fate} deleted.")
    if planned.stopped_by:
        click.echo(
            f"Entry {planned.stopped_by} and all after it stay: the outcome of that action isn't known yet.", err=True
        )


def words(verdict: ChainVerdict) -> str:
    """The verdict in one line."""
    if verdict.state is ChainState.BROKEN:
        entry = f", entry {verdict.entry}" if verdict.entry else ""
        return f"broken at seal {verdict.seq}{entry}: {verdict.problem}"
    return f"{verdict.state.value}: {verdict.checked} seals, the last is {verdict.last}"


def _tell(checked: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{checked} of {total} seals", nl=False, err=True)


def _known(public: tuple[str, ...]) -> dict[str, str]:
    try:
        return {keys.key_id(one): one for one in public}
    except ValueError as error:
        raise click.BadParameter("is no public key", param_hint="--public-key") from error


def _heads(file: IO[str]) -> list[dict[str, Any]]:
    """The heads of a file. Raises click.BadParameter for a line that is none."""
    found = []
    for number, line in enumerate(file, 1):
        try:
            head = json.loads(line)
            found.append({name: kind(head[name]) for name, kind in records.HEAD.items()})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise click.BadParameter(f"line {number} is no head", param_hint="--heads") from error
    return found


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(audit)
