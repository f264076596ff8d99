"""The fictional people one can sign in as."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Persona:
    """One person: a key for the URL, the claims, and a sentence for the page where one chooses."""

    key: str
    given_name: str
    usual_name: str
    email: str | None
    about: str
    groups: tuple[str, ...] = ()
    email_verified: bool = True

    @property
    def sub(self) -> str:
        """The subject: stable, and not a UUID, as many providers' subjects are not."""
        return f"dev|{self.key}"

    def profile(self) -> dict[str, Any]:
        """The name claims, as ProConnect spells them, and the standard ones."""
        return {
            "given_name": self.given_name,
            "usual_name": self.usual_name,
            "family_name": self.usual_name,
            "name": f"{self.given_name} {self.usual_name}",
        }


PERSONAS = {
    persona.key: persona
    for persona in (
        Persona("owner", "Ottilie", "Vandermeer", "ottilie@frontdesk.example", "Prepares rooms and lets guests in."),
        Persona("administrator", "Aurèle", "Castaing", "aurele@frontdesk.example", "Helps to run somebody's rooms."),
        Persona("member", "Mirela", "Oduya", "mirela@frontdesk.example", "Was given access to a room."),
        Persona("stranger", "Soren", "Lindqvist", "soren@elsewhere.example", "Can sign in, and knows no room."),
        Persona(
            "support",
            "Sunniva",
            "Baptiste",
            "sunniva@frontdesk.example",
            "Repairs telephony without seeing numbers or PINs.",
            ("frontdesk-support",),
        ),
        Persona(
            "admin",
            "Anselm",
            "Okafor",
            "anselm@frontdesk.example",
            "Audits who has access to what.",
            ("frontdesk-support", "frontdesk-admin"),
        ),
        Persona("no-email", "Nadia", "Brunswick", None, "The provider sends no e-mail address."),
        Persona(
            "unverified",
            "Ulysse",
            "Haddad",
            "mirela@frontdesk.example",
            "Claims the member's address without having proved it.",
            email_verified=False,
        ),
    )
}


def find(hint: str) -> Persona | None:
    """Return the persona with that key or e-mail address."""
    by_address = (persona for persona in PERSONAS.values() if persona.email and persona.email == hint.lower())
    return PERSONAS.get(hint) or next(by_address, None)
