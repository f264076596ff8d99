"""Everything that can be wrong, how bad it is, and who can put it right."""

import enum


class Severity(enum.Enum):
    """How bad a finding is for callers; the values are looks of a badge."""

    OUTAGE = "outage"  # every call of a trunk is refused
    ERROR = "error"  # some callers are refused, or let in who should not be
    WARNING = "warning"
    NOTE = "note"


class Remedy(enum.Enum):
    """Who can put it right, and how."""

    OURS = "ours"  # Frontdesk, safely: it touches only what it made itself
    FOREIGN = "foreign"  # a person, by typing the rule's name
    BY_HAND = "by_hand"  # a person, in the form of the trunk or the room


class Kind(enum.Enum):
    """What can be wrong; the values stand in links."""

    CONFLICT = "conflict"
    SELF_CONFLICT = "self-conflict"
    NO_KIND = "no-kind"

    SAME_NUMBER = "same-number"
    TWO_DEFAULTS = "two-defaults"
    UNGUARDED = "unguarded"
    DEFEATED = "guard-defeated"
    NARROW = "narrow-guard"
    HIDING_WILDCARD = "hiding-wildcard"
    MISSING = "missing"
    WRONG_PIN = "wrong-pin"
    WRONG_TRUNK = "wrong-trunk"
    WILDCARD = "wildcard"
    EVERYBODY = "allows-everybody"
    HALF_CREDENTIALS = "half-credentials"
    EMPTY_ROOM = "empty-room"
    UNTYPABLE_PIN = "untypable-pin"
    CALLED_AS_CALLER = "called-as-caller"

    DIFFERS = "differs"
    DUPLICATE = "duplicate"
    ORPHAN = "orphan"
    IMPOSTOR = "impostor"
    NO_TRUNK = "no-trunk"
    DANGLING = "dangling-trunk"
    OPEN_BESIDE_PIN = "open-beside-pin"
    RULE_NUMBER = "rule-number-form"
    TRUNK_NUMBER = "trunk-number-form"
    RULE_FORM = "rule-number-exact"
    TRUNK_FORM = "trunk-number-exact"
    CALLER_IN_ROOM = "caller-in-room-name"
    CALLER_VISIBLE = "caller-visible"
    FORGEABLE = "forgeable-address"
    OPEN_TRUNK = "open-trunk"

    OTHER_FRONTDESK = "other-frontdesk"
    STALE = "stale-rule"
    UNHEARD = "unheard"
    CALLED_IN_ROOM = "called-in-room-name"
    VISIBLE_BY_CHOICE = "visible-by-choice"


# Worst first, also within a severity: the order of lists.
_OF = {
    Severity.OUTAGE: (
        Kind.CONFLICT,
        Kind.SELF_CONFLICT,
        Kind.NO_KIND,
    ),
    Severity.ERROR: (
        Kind.SAME_NUMBER,
        Kind.TWO_DEFAULTS,
        Kind.UNGUARDED,
        Kind.DEFEATED,
        Kind.NARROW,
        Kind.HIDING_WILDCARD,
        Kind.MISSING,
        Kind.WRONG_PIN,
        Kind.WRONG_TRUNK,
        Kind.WILDCARD,
        Kind.EVERYBODY,
        Kind.HALF_CREDENTIALS,
        Kind.EMPTY_ROOM,
        Kind.UNTYPABLE_PIN,
        Kind.CALLED_AS_CALLER,
    ),
    Severity.WARNING: (
        Kind.DIFFERS,
        Kind.DUPLICATE,
        Kind.ORPHAN,
        Kind.IMPOSTOR,
        Kind.NO_TRUNK,
        Kind.DANGLING,
        Kind.OPEN_BESIDE_PIN,
        Kind.RULE_NUMBER,
        Kind.TRUNK_NUMBER,
        Kind.RULE_FORM,
        Kind.TRUNK_FORM,
        Kind.CALLER_IN_ROOM,
        Kind.CALLER_VISIBLE,
        Kind.FORGEABLE,
        Kind.OPEN_TRUNK,
    ),
    Severity.NOTE: (
        Kind.OTHER_FRONTDESK,
        Kind.STALE,
        Kind.UNHEARD,
        Kind.CALLED_IN_ROOM,
        Kind.VISIBLE_BY_CHOICE,
    ),
}
SEVERITY = {kind: severity for severity, kinds in _OF.items() for kind in kinds}
ORDER = {kind: place for place, kind in enumerate(SEVERITY)}

OF_TRUNKS = {
    Kind.SAME_NUMBER,
    Kind.TWO_DEFAULTS,
    Kind.EVERYBODY,
    Kind.HALF_CREDENTIALS,
    Kind.TRUNK_NUMBER,
    Kind.TRUNK_FORM,
    Kind.FORGEABLE,
    Kind.OPEN_TRUNK,
}
BY_HAND = OF_TRUNKS | {Kind.NO_TRUNK, Kind.VISIBLE_BY_CHOICE, Kind.OTHER_FRONTDESK}
OF_ROOMS = {  # of rules that are ours by the id on a row, whatever they are called
    Kind.MISSING,
    Kind.ORPHAN,
    Kind.WRONG_PIN,
    Kind.WRONG_TRUNK,
    Kind.DIFFERS,
    Kind.DUPLICATE,
    Kind.STALE,
}
OF_FOREIGN = {
    Kind.WILDCARD,
    Kind.EMPTY_ROOM,
    Kind.UNTYPABLE_PIN,
    Kind.CALLED_AS_CALLER,
    Kind.IMPOSTOR,
    Kind.DANGLING,
    Kind.OPEN_BESIDE_PIN,
    Kind.RULE_NUMBER,
    Kind.RULE_FORM,
    Kind.CALLER_IN_ROOM,
    Kind.CALLED_IN_ROOM,
    Kind.CALLER_VISIBLE,
}
