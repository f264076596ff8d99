"""The page of settings, generated from the settings class: `python -m tools.settings` writes it."""

from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from webapp.core.config import Settings
from webapp.core.production import NEEDED

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
BEGIN, END = "<!-- settings: make settings -->\n", "<!-- end of settings -->\n"
NEEDED_IN_PRODUCTION = {"secret_key", "public_url", *NEEDED}


def default(name: str, field: FieldInfo) -> str:
    """What holds when nothing is set; secrets of development are not worth a line."""
    if name in NEEDED_IN_PRODUCTION:
        return "**needed**"
    value = field.default
    if isinstance(value, SecretStr):
        return "for development" if value.get_secret_value() else "empty"
    if isinstance(value, list):
        value = ",".join(value)
    return f"`{value}`" if str(value) else "empty"


def table() -> str:
    """One row per setting, in the order of the class, and those that it takes over from another one last."""
    fields = sorted(Settings.model_fields.items(), key=lambda named: named[0] not in Settings.__annotations__)
    rows = [f"| `FRONTDESK_{name.upper()}` | {default(name, field)} | {field.description} |" for name, field in fields]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows, ""])


def with_table(text: str) -> str:
    """The page's text with today's table in it. Raises ValueError without the two marks."""
    before, rest = text.split(BEGIN, 1)
    _old, after = rest.split(END, 1)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
