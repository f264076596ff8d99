"""The settings of mail: what could send nothing, or a password in clear, is refused, and never repeated."""

import pytest
from pydantic import ValidationError

from webapp.core.config import Settings
from webapp.core.mail_values import SmtpServer, mailbox, smtp_server

FROM = "Front desk <desk@frontdesk.example>"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.frontdesk.example", SmtpServer("mail.frontdesk.example", 587, False, True)),
        ("smtp://mail.frontdesk.example:25?starttls=no", SmtpServer("mail.frontdesk.example", 25, False, False)),
        ("smtps://a:b@mail.frontdesk.example", SmtpServer("mail.frontdesk.example", 465, True, False, "a", "b")),
        ("smtp://a%40b:c%3Ad%2F@corp.local", SmtpServer("corp.local", 587, False, True, "a@b", "c:d/")),
        ("smtp://localhost", SmtpServer("localhost", 25, False, False)),
        ("smtp://a:b@127.0.0.1:1025", SmtpServer("127.0.0.1", 1025, False, False, "a", "b")),
        ("smtp://[::1]:1025?starttls=required", SmtpServer("::1", 1025, False, True)),
    ],
)  # fmt: skip
def test_the_address_of_a_mail_server_says_how_it_is_reached(url: str, server: SmtpServer):
    assert smtp_server(url) == server


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.secret.example", "should be an address such as smtps://"),
        ("http://mail.secret.example", "should be an address such as smtps://"),
        ("smtp://", "should be an address such as smtps://"),
        ("smtp://mail.secret.example:port", "should be an address such as smtps://"),
        ("smtp://mail.secret.example/inbox", "should be an address such as smtps://"),
        ("smtp://[secret", "should be an address such as smtps://"),
        ("smtp://mail.secret.example?starttls=maybe", "starttls=required or starttls=no"),
        ("smtp://mail.secret.example?tls=yes", "starttls=required or starttls=no"),
        ("smtps://mail.secret.example?starttls=required", "TLS from the first byte"),
        ("smtp://secret@mail.secret.example", "both a user and a password"),
        ("smtp://a:secret@mail.secret.example?starttls=no", "should not send its password in clear"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_and_not_repeated(url: str, words: str):
    with pytest.raises(ValidationError) as refusal:
        Settings(environment="testing", smtp_url=url, mail_from=FROM)
    (problem,) = refusal.value.errors(include_input=False)
    assert words in problem["msg"] and "secret" not in problem["msg"]


@pytest.mark.parametrize(
    "sender", ["desk", "desk@", "@frontdesk.example", "a b@frontdesk.example", "a@b.example, c@d.example",
               "a@b.example\nBcc: c@d.example", "bürger@frontdesk.example", "<>", "Front desk"],
)  # fmt: skip
def test_a_sender_that_is_none_is_refused(sender: str):
    with pytest.raises(ValidationError, match="should be an address"):
        Settings(environment="testing", smtp_url="smtp://localhost", mail_from=sender)


@pytest.mark.parametrize("half", [{"smtp_url": "smtp://localhost"}, {"mail_from": FROM}])
def test_a_server_without_a_sender_and_a_sender_without_a_server_are_refused(half: dict[str, str]):
    with pytest.raises(ValidationError, match="FRONTDESK_SMTP_URL and FRONTDESK_MAIL_FROM should be set together"):
        Settings(environment="testing", **half)


def test_without_either_no_mail_is_sent():
    assert Settings(environment="testing").smtp is None


def test_the_password_is_in_no_text_of_the_settings():
    told = Settings(environment="testing", smtp_url="smtps://a:hunter2@mail.frontdesk.example", mail_from=FROM)
    assert "hunter2" not in repr(told) + str(told) + repr(told.smtp)


@pytest.mark.parametrize(
    ("given", "address", "name"),
    [
        (FROM, "desk@frontdesk.example", "Front desk"),
        ('"Desk, Front" <desk@frontdesk.example>', "desk@frontdesk.example", "Desk, Front"),
        ("desk@straße.example", "desk@xn--strae-oqa.example", ""),
        ("desk@corp.local", "desk@corp.local", ""),
    ],
)
def test_an_address_is_read_with_its_name_and_its_domain_in_ascii(given: str, address: str, name: str):
    assert (mailbox(given).address, mailbox(given).name) == (address, name)
