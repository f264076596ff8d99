"""The services that take contacts: one, or none."""

import uuid
from typing import Protocol

import requests

from webapp.accounts import transport
from webapp.core import strict_json
from webapp.core.settings import settings

TIMEOUT = 10.0  # seconds for the whole answer: nobody waits for it
FOUND, ADDED, DONE, WRONG, UNKNOWN = 200, 201, 204, 400, 404
CODES = {401: "key_refused", 403: "key_refused", 402: "no_credits", 429: "busy"}


class NotAdded(Exception):
    """The service did not take the contact, or not let go of it; `code` says why, without anything personal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MarketingService(Protocol):
    """Where news are sent from. `name` is what people are told; empty where there is none."""

    name: str

    def add(self, address: str, key: uuid.UUID) -> bool:
        """Let the address be a contact that we call `key`; False when it was one before. Raises NotAdded.

        Asked again it does no harm.
        """

    def remove(self, key: uuid.UUID) -> None:
        """Let go of the contact that we call so; of one that is not there, too. Raises NotAdded."""

    def try_out(self) -> None:
        """See that it knows us; nobody is passed on. Raises NotAdded."""


class NoService:
    """An installation that does no marketing."""

    name = ""

    def add(self, address: str, key: uuid.UUID) -> bool:  # noqa: ARG002 - as the protocol has it
        """Nobody is told."""
        return False

    def remove(self, key: uuid.UUID) -> None:
        """Nobody was told."""

    def try_out(self) -> None:
        """There is nothing that could fail."""


class Brevo:
    """Brevo's API, version 3: “Create a contact” (POST /contacts) and “Delete a contact” (DELETE /contacts/…)."""

    name = "Brevo"

    def __init__(self, url: str, key: str, lists: list[int]) -> None:
        self._url, self._key, self._lists = url, key, lists

    def add(self, address: str, key: uuid.UUID) -> bool:
        """Create the contact. One that is there stays as it is: the person may have unsubscribed from it."""
        wish: dict[str, object] = {"email": address, "ext_id": str(key), "updateEnabled": False}
        answer = self._asked("POST", "contacts", wish | ({"listIds": self._lists} if self._lists else {}))
        if answer.status_code in {ADDED, DONE}:
            return answer.status_code == ADDED
        if answer.status_code == WRONG and _code(answer) == "duplicate_parameter":
            return False
        raise _refusal(answer)

    def remove(self, key: uuid.UUID) -> None:
        """Delete the contact by the name that we gave it: no address stands in a URL."""
        answer = self._asked("DELETE", f"contacts/{key}?identifierType=ext_id")
        if answer.status_code not in {DONE, UNKNOWN}:
            raise _refusal(answer)

    def try_out(self) -> None:
        """Ask for our account (GET /account)."""
        answer = self._asked("GET", "account")
        if answer.status_code != FOUND:
            raise _refusal(answer)

    def _asked(self, method: str, path: str, wish: dict[str, object] | None = None) -> requests.Response:
        try:
            with requests.Session() as session:
                transport.limit(session, TIMEOUT)
                headers = {"api-key": self._key, "Accept": "application/json"}
                address = f"{self._url}/{path}"
                return session.request(method, address, json=wish, headers=headers, allow_redirects=False)
        except requests.Timeout:
            raise NotAdded("timeout") from None
        except (requests.RequestException, ValueError):  # the latter for an address that cannot be asked at all
            raise NotAdded("no_connection") from None


def _refusal(answer: requests.Response) -> NotAdded:
    return NotAdded(CODES.get(answer.status_code, "broken" if answer.status_code >= 500 else "refused"))


def _code(answer: requests.Response) -> object:
    try:
        said = strict_json.parse(answer.content)
    except ValueError:
        return None
    return said.get("code") if isinstance(said, dict) else None


def chosen() -> MarketingService:
    """The service of the settings."""
    if settings.marketing == "brevo":
        return Brevo(settings.brevo_url, settings.brevo_api_key.get_secret_value(), settings.brevo_lists)
    return NoService()
