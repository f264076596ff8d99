"""English and French are complete: no text is missing, fuzzy, unknown or left behind."""

import pytest
from babel.messages.mofile import read_mo

from tools import messages

LANGUAGES = ["en", "fr"]


def test_the_languages_are_the_ones_we_promise():
    assert messages.languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_code_and_templates_is_in_the_catalogue_and_translated(language):
    wanted = {(message.context, str(message.id)) for message in messages.extracted() if message.id}
    catalogue = messages.read(language)
    stored = {(message.context, str(message.id)) for message in catalogue if message.id}
    assert stored == wanted, "run `make messages` and translate what it names"
    assert list(messages.unfinished(catalogue)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_the_same_blanks_as_its_text(language):
    catalogue = messages.read(language)
    wrong = [str(error) for message in catalogue for error in message.check(catalogue)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    with messages.path(language).with_suffix(".mo").open("rb") as file:
        compiled = {str(message.id): list(message.string) for message in read_mo(file) if message.id}
    assert compiled == {_key(message.id): list(message.string) for message in messages.read(language) if message.id}


def _key(name: str | tuple[str, ...]) -> str:
    """A text with a plural is found by a list in the binary catalogue and by a tuple in the written one."""
    return name if isinstance(name, str) else str(list(name))


def test_a_missing_and_a_fuzzy_text_are_named():
    catalogue = messages.read("fr")
    catalogue.add("A text nobody translated")
    catalogue.add("A guess", "Une idée", flags=["fuzzy"])
    assert list(messages.unfinished(catalogue)) == ["missing: 'A text nobody translated'", "fuzzy: 'A guess'"]
