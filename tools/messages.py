"""Catalogues: `python -m tools.messages update` collects the texts, `compile` makes what Frontdesk reads.

English is the language of the source; its catalogue repeats the texts, so that both languages are held to one rule.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "webapp"
METHODS = [("**.py", "python"), ("templates/**.*", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"

"""
OPTIONS = {"templates/**.*": {"silent": "false"}}


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(folder.parent.parent.name for folder in (SOURCE / "translations").glob("*/LC_MESSAGES/messages.po"))


def path(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return SOURCE / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue as it is stored."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def extracted() -> Catalog:
    """Every text of code and templates, without places: they change with each line."""
    catalogue = Catalog(project="Frontdesk")
    found = extract_from_dir(SOURCE, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",))
    for _file, _line, message, comments, context in found:
        catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def updated(language: str) -> Catalog:
    """The stored catalogue brought up to the source: new texts empty (English: filled), old ones gone."""
    catalogue = read(language)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    if language == "en":
        for message in catalogue:
            message.string = message.string if message.id == "" else message.id
    return catalogue


def write(catalogue: Catalog, language: str) -> None:
    """Store a catalogue in the order of its texts and without dates, so that two people's changes rarely meet."""
    with path(language).open("wb") as file:
        file.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=120, no_location=True, sort_output=True, omit_header=True)


def unfinished(catalogue: Catalog) -> Iterator[str]:
    """The texts that are missing or fuzzy, each with what is wrong."""
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and not all(strings):
            yield f"missing: {message.id!r}"
        if message.id and message.fuzzy:
            yield f"fuzzy: {message.id!r}"


def compile_all() -> None:
    """Write the binary catalogues."""
    for language in languages():
        with path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, read(language))


def update_all() -> int:
    """Bring every catalogue up to the source and say what is left to translate; gives the number of those texts."""
    left = 0
    for language in languages():
        catalogue = updated(language)
        write(catalogue, language)
        for line in unfinished(catalogue):
            sys.stdout.write(f"{language}: {line}\n")
            left += 1
    return left


if __name__ == "__main__":
    if sys.argv[1:] == ["compile"]:
        compile_all()
    elif sys.argv[1:] == ["update"]:
        update_all()
    else:
        sys.exit("usage: python -m tools.messages update|compile")
