"""How LiveKit decides who takes a phone call: pure, exact, held by vectors made with LiveKit's own code.

Objects are LiveKit's JSON with snake_case names (MessageToDict with preserved names); absent fields are defaults.
"""

from webapp.matching.addresses import address_allowed, parse_address, usable_masks
from webapp.matching.answers import Answer, look_up
from webapp.matching.calls import (
    KEYPAD,
    LONGEST_PIN,
    ROOM_ALPHABET,
    Typed,
    drop_verdict,
    evaluate_case,
    evaluate_lookup,
    trunk_reasons,
)
from webapp.matching.changes import check_trunks, create_rule, create_trunk, update_rule, update_trunk
from webapp.matching.errors import ConflictError, MatchingError
from webapp.matching.headers import check_header_names, check_headers, header_warnings
from webapp.matching.model import Json, Rule, SipCall, Trunk, parse_rules, parse_trunks
from webapp.matching.numbers import normalise
from webapp.matching.quoting import quoted
from webapp.matching.rules import bad_rule, best_rule, check_rules, choose_rule, loaded_rules, priority
from webapp.matching.trunks import both_take, choose_trunk, fits_number, lists_number, trunk_reason, trunk_refusals
from webapp.matching.validation import (
    check_create_rule,
    check_create_trunk,
    check_list_update,
    check_media,
    check_rule,
    check_trunk,
    check_update_rule,
    check_update_trunk,
    updated,
)

__all__ = [
    "KEYPAD",
    "LONGEST_PIN",
    "ROOM_ALPHABET",
    "Answer",
    "ConflictError",
    "Json",
    "MatchingError",
    "Rule",
    "SipCall",
    "Trunk",
    "Typed",
    "address_allowed",
    "bad_rule",
    "best_rule",
    "both_take",
    "check_create_rule",
    "check_create_trunk",
    "check_header_names",
    "check_headers",
    "check_list_update",
    "check_media",
    "check_rule",
    "check_rules",
    "check_trunk",
    "check_trunks",
    "check_update_rule",
    "check_update_trunk",
    "choose_rule",
    "choose_trunk",
    "create_rule",
    "create_trunk",
    "drop_verdict",
    "evaluate_case",
    "evaluate_lookup",
    "fits_number",
    "header_warnings",
    "lists_number",
    "loaded_rules",
    "look_up",
    "normalise",
    "parse_address",
    "parse_rules",
    "parse_trunks",
    "priority",
    "quoted",
    "trunk_reason",
    "trunk_reasons",
    "trunk_refusals",
    "update_rule",
    "update_trunk",
    "updated",
    "usable_masks",
]
