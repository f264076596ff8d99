"""Commands: `flask storage lifecycle` shows and installs the rules by which the bucket expires recordings."""

import click
from flask.cli import AppGroup

from webapp.recordings import lifecycle
from webapp.recordings.lifecycle import LifecycleRule
from webapp.recordings.storage import storage as current_storage

storage = AppGroup("storage", help="Where recordings lie.")


@storage.command("lifecycle")
@click.option("--apply", is_flag=True, help="Install Frontdesk's rules; those of others stay as they are.")
def show_lifecycle(apply: bool) -> None:
    """Show the rules by which the bucket expires objects, beside those that retention needs."""
    store = current_storage()
    try:
        rules = store.rules()
        if rules is None:
            raise click.ClickException("Recordings lie in a folder: Frontdesk alone removes what has expired there.")
        if apply and lifecycle.problems(rules, store.root).missing:
            store.set_rules(lifecycle.merged(rules, store.root))
            rules = store.rules() or []
    except OSError as error:
        raise click.ClickException(f"The bucket cannot be used: {error.strerror or type(error).__name__}.") from error
    _report(rules, store.root)


def _report(rules: list[LifecycleRule], root: str) -> None:
    """Print them; ends with 1 where a rule is missing or deletes too early."""
    problems = lifecycle.problems(rules, root)
    for rule in lifecycle.wanted(root):
        state = "missing" if rule["ID"] in problems.missing else "installed"
        days = rule["Expiration"]["Days"]
        click.echo(f"{rule['ID']}: {state}. Objects of this class below {root} expire after {days} days.")
    for name in problems.early:
        click.echo(
            f"{name}: deletes too early. It may take recordings that are to be kept longer: "
            f"let it leave out what lies below {root}."
        )
    if problems.missing:
        click.echo("Install what is missing: flask storage lifecycle --apply")
    if not problems.fine:
        raise SystemExit(1)
