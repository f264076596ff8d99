"""Trunks that let in whom they should not."""

import pytest

from tests.support.worlds import found, kinds, trunk
from webapp.doctor.kinds import Kind, Remedy

NO_PASSWORD = {"auth_username": "", "auth_password": ""}


def test_a_trunk_with_a_number_and_a_password_is_fine():
    assert kinds(trunk()) == []
    assert kinds(trunk(allowed_addresses=["203.0.113.0/24"])) == []


@pytest.mark.parametrize("addresses", [["10.0.0.0/8, 192.168.0.0/16"], ["sip://x", "a b"]])
def test_addresses_that_are_all_malformed_allow_everybody(addresses: list[str]):
    (finding,) = found(trunk(allowed_addresses=addresses))
    assert (finding.kind, finding.remedy, finding.key) == (Kind.EVERYBODY, Remedy.BY_HAND, "allows-everybody~ST_a")
    assert Kind.EVERYBODY not in kinds(trunk(allowed_addresses=[*addresses, "10.0.0.1"]))


def test_addresses_without_a_password_can_be_forged():
    assert kinds(trunk(allowed_addresses=["10.0.0.1"], **NO_PASSWORD)) == [Kind.FORGEABLE]


@pytest.mark.parametrize("half", ["auth_username", "auth_password"])
def test_half_of_the_credentials_asks_nobody(half: str):
    assert kinds(trunk(**{**NO_PASSWORD, half: "x"})) == [Kind.HALF_CREDENTIALS]
    assert kinds(trunk(**NO_PASSWORD)) == []


def test_a_trunk_without_numbers_and_addresses_is_open():
    assert kinds(trunk(numbers=[])) == [Kind.OPEN_TRUNK]
    assert kinds(trunk(numbers=[], allowed_addresses=["10.0.0.1"])) == []
