"""Whether the page of a trunk would take a change that somebody else proposes for it."""

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from webapp.matching import Trunk
from webapp.trunks.forms import TrunkForm


def refusal(trunk_id: str, field: str, added: str, trunks: Sequence[Trunk]) -> str:
    """Why the trunk's form would refuse one more entry in a list of the trunk, in words; empty when it takes it."""
    trunk = next(each for each in trunks if each.id == trunk_id)
    lists = {name: list(trunk.info.get(name) or ()) for name in ("numbers", "allowed_numbers", "allowed_addresses")}
    lists[field] = [*lists[field], added]
    typed = {name: "\n".join(values) for name, values in lists.items()}
    typed |= {"name": trunk.info.get("name") or trunk.id, "auth_username": trunk.info.get("auth_username", "")}
    every = [dict(each.info) for each in trunks]
    form = TrunkForm(MultiDict(typed), trunk=dict(trunk.info), trunks=every, meta={"csrf": False})
    if form.validate():
        return ""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
