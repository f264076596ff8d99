"""The version of a thing that a form was drawn with: whoever changes it says what they had before their eyes."""

from wtforms import Field


def differs(seen: Field, now: str) -> bool:
    """The form was drawn with another version than there is now.

    A client that names none asks for no comparison, as without If-Match (RFC 9110, 13.1.1): the pages' forms all do.
    An empty one is the version of what is not there, such as the PIN of a room without one.
    """
    return seen.data is not None and seen.data != now
