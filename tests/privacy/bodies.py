"""What people send: a plausible body for each unsafe route, with canaries in every field that takes words."""

import json
from datetime import timedelta
from typing import Any

from tests.privacy.canaries import DIGITS, TEXTS, email, number
from tests.privacy.planted import INSIDE, Planted
from webapp.core.db import db, utcnow
from webapp.recordings.models import Recording
from webapp.rooms.models import Room
from webapp.trunks.spread import EVEN, EVERY

REASON = TEXTS["typed.reason"]
ADDRESS = f"{TEXTS['typed.email']}@canary.example"
NUMBER, PIN = number("typed.number"), DIGITS["typed.pin"]
LOG = f'{{"fromUser": "{NUMBER}", "toUser": "{number("number.trunk")}", "msg": "processing invite", "pin": "{PIN}"}}'


def bodies(planted: Planted) -> dict[str, Any]:
    """By endpoint, as the pages of now would send them."""
    parts, tomorrow = planted.estate.parts, f"{utcnow() + timedelta(days=1):%Y-%m-%d}"
    room = db.session.get_one(Room, planted.rooms["here"].id)
    recording = db.session.get_one(Recording, parts["recording_id"])
    seen, one = {"seen": room.version}, f"{recording.id}:{recording.version}"
    db.session.commit()
    return {
        **_of_rooms(planted, seen, tomorrow),
        **_of_staff(planted, tomorrow),
        "recordings.start": {"mode": "video"},
        "recordings.delete": {"seen": recording.version},
        "recordings.delete_many": {"chosen": one},
        "recordings.hold": {"reason": REASON},
        "recordings.set_retention": {"keep": "30", "confirmed": "30", "seen": recording.version},
        "recordings.set_retention_of_many": {"chosen": one, "keep": "30"},
        "recordings.resend_mail": {"owner": parts["person_id"], "kind": "recording_saved"},
        "accounts.update_profile": {"language": "en", "timezone": "", "theme": "dark"},
        "accounts.provider_logout": {"logout_token": f"eyJhbGciOiJub25lIn0.{REASON}.c2ln"},
        "i18n.set_language": {"language": "en", "next": "/rooms/"},
        "lobby.ask": {"name": TEXTS["typed.name"]},
        "mails.choose": {"wanted": "recordings"},
        "marketing.choose": {"wanted": "y"},
        "rooms.creation_callback": {"callback_id": REASON},
    }


def _of_rooms(planted: Planted, seen: dict[str, str], tomorrow: str) -> dict[str, Any]:
    parts, sid = planted.estate.parts, planted.sid("here", INSIDE)
    caller = planted.sid("here", f"sip_{number('number.caller')}")
    time = {"day": tomorrow, "begins": "10:00", "ends": "11:00", "language": "en"}
    return {
        "access.change": {"role": "administrator"},
        "access.grant": {"email": ADDRESS, "role": "member"},
        "access.grant_several": {"emails": f"{ADDRESS}\n{email('stranger')}", "role": "member"},
        "access.transfer": {**seen, "typed": planted.rooms["here"].name},
        "invitations.change": time,
        "invitations.save_calendar": time,
        "invitations.send": {"emails": ADDRESS, "message": REASON, "language": "en", "key": parts["question_id"].hex},
        "invitations.send_new_pin": {"invitees": str(parts["invitee_id"])},
        "live.remove_participant": {"sid": sid},
        "live.reveal_participant": {"sid": caller, "reason": REASON},
        "lobby.admit_all": {"last": str(parts["entry_id"])},
        "lobby.deny_all": {"last": str(parts["entry_id"])},
        "lobby.admit_everywhere": {"last": str(parts["entry_id"])},
        "lobby.clear_refused": {"asked_from": "0123456789abcdef0123456789abcdef", "deny": "yes"},
        "rooms.create": {"name": TEXTS["typed.name"], "slug": "", "access_level": "restricted", "phone_enabled": "y"},
        "rooms.delete": seen,
        "rooms.find_owner": {"email": email("owner")},
        "rooms.let_members_watch": {**seen, "members_may_watch": "y"},
        "rooms.reveal_pin": {"reason": REASON},
        "rooms.rotate_pin": {"reason": REASON, "overlap": "0"},
        "rooms.set_phone": {**seen, "phone_enabled": "y"},
        "rooms.show_invitation": {"language": "en"},
        "rooms.update": {**seen, "name": TEXTS["typed.name"], "slug": "another-link", "access_level": "restricted"},
        "reviews.confirm_many": {"person": str(parts["access_id"])},
    }


def _of_staff(planted: Planted, tomorrow: str) -> dict[str, Any]:
    trunk = {
        "name": TEXTS["typed.name"],
        "numbers": NUMBER,
        "allowed_numbers": NUMBER,
        "auth_username": TEXTS["typed.name"],
        "auth_password": REASON,
    }
    return {
        "access.find_in_review": {"find": email("member")},
        "audit.find": {"email": email("owner")},
        "audit.find_reveals": {"email": email("owner")},
        "people.disable": {"email": email("owner"), "reason": REASON, "seen": "2"},
        "people.export": {"reason": REASON},
        "people.find": {"email": email("owner")},
        "people.forget": {"email": email("owner"), "reason": REASON, "seen": "2"},
        "people.set_staff": {"staff": "support", "reason": REASON, "seen": "none"},
        "repairs.repair": {"choice": "remove", "fingerprint": "x", "ticket": REASON},
        "repairs.repair_all": {"scope": "all", "ticket": REASON},
        "reviews.find_owner": {"find": email("owner")},
        "reviews.reassign": {"email": email("admin")},
        "reviews.set_ending": {"at_end": "keep"},
        "reviews.start": {
            "name": REASON,
            "day": f"{utcnow() + timedelta(days=20):%Y-%m-%d}",
            "rooms": "all",
            "at_end": "keep",
        },
        "tracer.ask": {"to_user": NUMBER, "from_user": NUMBER, "typed": "pin", "pin": PIN},
        "tracer.paste_log": {"log": LOG},
        "trunks.create": trunk,
        "trunks.update": trunk,
        "trunks.delete": {"sure": "y"},
        "trunks.set_assignable": {"assignable": "y"},
        "trunks.move_rooms": {"source": EVERY, "target": EVEN},
    }


def signed(planted: Planted, endpoint: str) -> tuple[bytes, dict[str, str]] | None:
    """What LiveKit and the bucket tell, with what proves that it is they."""
    if endpoint == "hooks.storage":
        told = {
            "Key": f"bucket/recordings/{REASON}.mp4",
            "EventName": "s3:ObjectCreated:Put",
            "Records": [{"eventName": "s3:ObjectCreated:Put", "s3": {"object": {"key": f"recordings/{REASON}.mp4"}}}],
        }
        return json.dumps(told).encode(), {"Authorization": f"Bearer {TEXTS['secret.storage_hook']}"}
    if endpoint != "hooks.livekit":
        return None
    caller = number("number.caller")
    told = {
        "event": "participant_joined",
        "id": "EV_canary",
        "createdAt": str(int(utcnow().timestamp())),
        "room": {"sid": "RM_canary", "name": str(planted.rooms["here"].id)},
        "participant": {
            "sid": "PA_canary",
            "identity": f"sip_{caller}",
            "name": f"Phone {caller}",
            "kind": "SIP",
            "metadata": TEXTS["attribute.metadata"],
            "attributes": {
                "sip.phoneNumber": caller,
                "sip.callID": "SCL_canary",
                "sip.h.X-Customer": TEXTS["attribute.sip_header"],
                "crm": TEXTS["attribute.unknown"],
            },
        },
    }
    raw = json.dumps(told).encode()
    return raw, planted.livekit.signed(raw)
