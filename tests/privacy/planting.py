"""Canaries are planted: in our rows, in LiveKit, in settings, and in the browsers of personas."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from tests.privacy.canaries import DIGITS, PEOPLE, TEXTS, Canaries, email, name, number
from tests.privacy.planted import Planted, fill
from tests.support.estate import furnish
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import PERSONAS, Browser, browser, make_user, persona
from webapp.access import service as access
from webapp.accounts import sessions
from webapp.accounts.models import User, UserSession
from webapp.audit import Actor, record
from webapp.audit.models import AuditEntry
from webapp.calls import pseudonyms
from webapp.calls.models import Call
from webapp.core import qr
from webapp.core.db import db, new_id, utcnow
from webapp.doctor import reading
from webapp.doctor.kinds import Kind
from webapp.invitations.models import Invitation, Invitee
from webapp.live import reconcile
from webapp.lobby import bearers, denials
from webapp.lobby.models import Entry, EntryKind, RefusedAddress, Status
from webapp.mails.models import Mail, MailState
from webapp.marketing.models import MarketingContact
from webapp.recordings.models import Recording
from webapp.reviews.models import CampaignPerson
from webapp.rooms import phone
from webapp.rooms.models import Access, PhonePin, Role, Room, TrunkRow
from webapp.trunks.models import TrunkMove

ROLES = {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": Role.MEMBER}


def secrets() -> dict[str, Any]:
    """Settings whose values nobody may see."""
    return {
        "smtp_url": SecretStr(f"smtp://desk:{TEXTS['secret.smtp']}@127.0.0.1:9"),
        "mail_from": "desk@frontdesk.example",
        "storage_hook_token": SecretStr(TEXTS["secret.storage_hook"]),
        "metrics_token": SecretStr(TEXTS["secret.metrics"]),
        "marketing": "brevo",
        "brevo_api_key": SecretStr(TEXTS["secret.marketing"]),
        "oidc_client_secret": SecretStr(TEXTS["secret.oidc"]),
    }


def plant(app: Flask, livekit: LiveKit, change_settings: Callable[..., None]) -> Planted:
    """Make everything."""
    change_settings(livekit_url=livekit.url, **secrets())
    _people()
    estate = furnish(livekit)
    here = db.session.query(Room).filter_by(slug=estate.parts["slug"]).one()
    installation = Installation(livekit, str(estate.parts["trunk_id"]))
    rooms = {"here": here, "quiet": _room(installation, "quiet"), "elsewhere": _room(installation, "elsewhere")}
    planted = Planted(app, livekit, estate, Canaries(), rooms)
    _trunk(planted)
    _name_rooms(planted)
    _access(rooms)
    denial = {"denial": denials.token(_lobby(rooms))}
    planted.parts |= {"lobby.confirm_undo_deny": denial, "lobby.undo_deny": denial}
    _trail(rooms["here"])
    _rest(planted)
    _rename_people()
    fill(planted)
    for which in ("here", "quiet"):
        reconcile.now(rooms[which])
    _rules(planted)
    _sign_in(planted)
    return planted


def _people() -> None:
    for who in PEOPLE:
        user = persona(who) if who in PERSONAS else make_user(who, pending=who == "pending")
        if who == "pending":
            user.full_name = user.short_name = ""
        else:
            user.full_name, user.short_name = name(who), TEXTS[f"name.{who}"].title()
    db.session.commit()


def _rename_people() -> None:
    """After the estate was made, which finds people by the addresses of other tests."""
    for who in PEOPLE:
        before = f"{who}@frontdesk.example"
        for row, column in ((User, User.email), (CampaignPerson, CampaignPerson.email)):
            db.session.execute(sa.update(row).where(column == before).values(email=email(who)))
    db.session.execute(sa.update(Invitee).values(email=email("invitee")))
    db.session.commit()


def _room(installation: Installation, which: str) -> Room:
    room = installation.room(name=f"Room {which}", slug=f"{which}-rxqt-bdw", pin=DIGITS[f"pin.{which}"])
    room.hide_phone_number = which == "quiet"
    people = ROLES if which == "quiet" else {"elsewhere": Role.OWNER}
    db.session.add_all(Access(room_id=room.id, user_id=persona(who).id, role=role) for who, role in people.items())
    db.session.commit()
    return room


def _trunk(planted: Planted) -> None:
    trunk_id, called = str(planted.estate.parts["trunk_id"]), number("number.trunk")
    told = {
        "numbers": {"set": [called]},
        "allowed_numbers": {"set": [number("number.allowed"), number("number.caller")]},
        "auth_username": TEXTS["trunk.user"],
        "auth_password": TEXTS["trunk.password"],
    }
    planted.livekit.call("SIP", "UpdateSIPInboundTrunk", sip_trunk_id=trunk_id, update=told)
    db.session.execute(sa.update(TrunkRow).values(number=called))
    db.session.commit()


def _name_rooms(planted: Planted) -> None:
    """Names, PINs, and the one before that still works; of what a PIN is drawn as, the drawing."""
    here = planted.rooms["here"]
    here.name, here.hide_phone_number, here.members_may_watch = f"{TEXTS['room.name'].title()} committee", False, True
    planted.rooms["elsewhere"].name = TEXTS["room.name_elsewhere"]
    for label in ("pin.old", "pin.current"):
        db.session.add(PhonePin(trunk_id=here.trunk_id, pin=DIGITS[label], room_id=here.id))
    db.session.flush()
    here.old_pin, here.old_pin_until, here.pin = DIGITS["pin.old"], utcnow() + timedelta(hours=9), DIGITS["pin.current"]
    db.session.query(PhonePin).filter_by(pin="7300000001").delete()
    db.session.commit()
    row = db.session.query(TrunkRow).filter_by(sip_trunk_id=here.trunk_id).one()
    drawn = qr.svg(phone.describe(here, row).link(DIGITS["pin.current"]))
    planted.canaries.drawings[re.findall(r' d="([^"]+)"', drawn)[0]] = "pin.current"


def _access(rooms: dict[str, Room]) -> None:
    owner = Actor.user(persona("owner"), "198.51.100.11")
    for who, role in (("colleague", Role.MEMBER), ("former", Role.MEMBER), ("pending", Role.ADMINISTRATOR)):
        access.grant(rooms["here"], actor=owner, email=f"{who}@frontdesk.example", role=role)
    db.session.commit()
    theirs = db.session.query(Access).filter_by(user_id=persona("former").id).one()
    access.revoke(rooms["here"], db.session.get_one(Access, theirs.id), actor=owner)
    db.session.commit()


def _lobby(rooms: dict[str, Room]) -> uuid.UUID:
    """Who waits, and who was denied; gives the latter."""
    here, elsewhere = rooms["here"], rooms["elsewhere"]
    db.session.query(Entry).update({"name": TEXTS["name.guest"]})
    later = utcnow() + timedelta(hours=1)  # a denial can be taken back for seconds, and a walk takes longer
    denied = {"status": Status.DENIED, "decided_by_id": persona("owner").id, "decided_at": later}
    denied["polled_at"] = later
    for serial, (room, label, more) in enumerate(
        [
            (here, "name.denied", denied),
            (elsewhere, "name.guest_elsewhere", {}),
            (here, "", {"kind": EntryKind.PHONE, "sip_call_id": "SCL_here"}),
        ]
    ):
        named = TEXTS[label] if label else f"Phone {number('number.caller')[-2:]}"
        db.session.add(
            Entry(room_id=room.id, bearer_hash=f"h{serial}", identity=f"guest-z{serial}", name=named, **more)
        )
    db.session.add(RefusedAddress(room_id=here.id, asked_from="0123456789abcdef0123456789abcdef", count=20))
    db.session.commit()
    return db.session.query(Entry).filter_by(name=TEXTS["name.denied"]).one().id


def _trail(room: Room) -> None:
    """What people did, with what they typed and where they sat."""
    deeds = [
        ("room.rotate_pin", "owner", TEXTS["reason.rotate"], {}),
        ("room.reveal_pin", "admin", TEXTS["reason.reveal"], {}),
        (
            "room.reveal_participant",
            "admin",
            TEXTS["reason.reveal_participant"],
            {"what": "caller_number", "participant": "PA_1"},
        ),
        ("room.reveal_pin", "member", "", {}),
        ("room.reconcile", "support", "", {}),
    ]
    for action, who, reason, details in deeds:
        at = f"198.51.100.{11 + PEOPLE.index(who)}"
        record(action, room, Actor.user(persona(who), at), reason=reason, **details)
    admin, changed = Actor.user(persona("admin"), "198.51.100.16"), persona("support")
    told = {"person": str(changed.id), "before": "none", "after": "support"}
    record("user.set_staff", changed, admin, reason=TEXTS["reason.staff"], **told)
    db.session.commit()


def _rest(planted: Planted) -> None:
    """Recordings, calls, invitations, contacts."""
    here, owner = planted.rooms["here"], persona("owner")
    recording = db.session.get_one(Recording, planted.estate.parts["recording_id"])
    recording.started_by_id, recording.held_at, recording.hold_reason = owner.id, utcnow(), TEXTS["reason.hold"]
    key = f"recordings/{TEXTS['storage.key']}.mp4"
    other = Recording(id=new_id(), room_id=here.id, mode=recording.mode, state=recording.state, key=key, size=3)
    other.stored_at, other.started_by_id = utcnow(), owner.id
    db.session.add(other)
    digest = pseudonyms.digest(number("number.caller"))
    db.session.execute(sa.update(Call).values(caller=digest, ending="01", decided_by_id=owner.id))
    db.session.execute(sa.update(Invitation).values(message=TEXTS["message.invitation"]))
    sent = {"state": MailState.SENT, "tried_at": utcnow() - timedelta(days=2), "ended_at": utcnow() - timedelta(days=2)}
    db.session.execute(sa.update(Mail).values(due_at=utcnow() - timedelta(days=2), **sent))
    db.session.execute(sa.update(TrunkMove).values(started_by_id=persona("admin").id))
    db.session.add(MarketingContact(user_id=persona("contact").id))
    db.session.commit()


def _rules(planted: Planted) -> None:
    """Two rules of somebody else that claim the same calls, with a PIN, whose names and rooms hold a number."""
    trunk_id, theirs = str(planted.estate.parts["trunk_id"]), number("number.rule")
    direct = {"dispatch_rule_direct": {"room_name": f"call {theirs}", "pin": DIGITS["pin.rule"]}}
    told = {"rule": direct, "name": f"line of {theirs}", "trunk_ids": [trunk_id], "metadata": f"{theirs}"}
    planted.livekit.store_sip(rules=[told, {**told, "name": f"{theirs} at night"}])
    found = next(each for each in reading.read().findings if each.kind is Kind.CONFLICT)
    db.session.commit()
    planted.estate.parts["key"] = found.key


def _sign_in(planted: Planted) -> None:
    """Browsers whose tokens are known; a guest asks as guests do."""
    for who in PERSONAS:
        user = db.session.query(User).filter_by(full_name=name(who)).one()
        made = browser(planted.app, user)
        with made.session_transaction() as cookie:
            planted.canaries.runs[cookie[sessions.COOKIE_KEY]] = f"session.{who}"
        planted.jars[who] = made._cookies
    for who, row in ((row.user.full_name, row) for row in db.session.query(UserSession)):
        label = next(each for each in PERSONAS if name(each) == who)
        claims = base64.urlsafe_b64encode(json.dumps({"sub": TEXTS[f"id_token.{label}"]}).encode()).decode().rstrip("=")
        row.id_token, row.browser = f"eyJhbGciOiJub25lIn0.{claims}.c2ln", TEXTS[f"browser.{label}"]
        row.address = f"198.51.100.{11 + PEOPLE.index(label)}"
    db.session.commit()
    anonymous, guest = browser(planted.app), browser(planted.app)
    guest.post(f"/join/{planted.rooms['here'].slug}", data={"name": TEXTS["name.self_guest"]})
    held = next(cookie.value for cookie in guest._cookies.values() if cookie.key.startswith("guest-"))
    planted.canaries.runs[str(bearers._load(held.strip('"')))] = "bearer.guest"
    planted.jars |= {"anonymous": anonymous._cookies, "guest": guest._cookies}
    later = utcnow() + timedelta(hours=1)  # who waits is forgotten after seconds, and a walk takes longer
    db.session.query(Entry).update({"polled_at": later})
    db.session.query(AuditEntry).filter(AuditEntry.address == "127.0.0.1").update({"address": ""})
    db.session.commit()
    assert isinstance(guest, Browser)
