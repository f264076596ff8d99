"""Numbers, PINs, reasons, names of rooms, tokens, and what was typed: who may see which."""

from tests.privacy.sees import INVITE_PANEL, LOG, PERSON, QUEUE, REVEALS, ROOM_PAGE, Sees

SECRETS = (
    Sees(
        "An admin edits who may call a trunk, and how it signs in; the password is not shown.",
        "number.allowed trunk.user",
        {"admin": "trunks.edit"},
    ),
    Sees(
        (
            "Hosts reveal a caller's number where the room shows numbers, admins with a reason; and it is on the "
            "trunk's list."
        ),
        "number.caller",
        {
            "administrator owner admin": "live.reveal_participant",
            "admin": "trunks.edit",
        },
    ),
    Sees(
        "The number that one dials is told to whoever has a PIN to dial it with, and to staff who run the trunk.",
        "number.trunk",
        {
            "administrator owner": (
                "invitations.save_calendar rooms.hide_dial_in_code rooms.print_card rooms.show_dial_in_code "
                "rooms.show_invitation"
            ),
            "administrator owner admin": (
                "live.reveal_participant rooms.generate_pin rooms.rotate_pin rooms.set_phone rooms.stop_old_pin"
            ),
            "member administrator owner admin": ROOM_PAGE,
            "stranger member administrator owner support admin": "rooms.invite",
            "support admin": "tracer.show trunks.index trunks.show",
            "admin": "trunks.confirm_open trunks.edit trunks.set_assignable",
        },
    ),
    Sees(
        "The PIN is revealed on request, and kept: members reveal it, hosts hand it out, admins say why.",
        "pin.current",
        {
            "administrator owner": (
                "invitations.save_calendar rooms.print_card rooms.show_dial_in_code rooms.show_invitation"
            ),
            "member administrator owner admin": "rooms.reveal_pin",
        },
    ),
    Sees(
        "Whoever changes the PIN of a room of theirs sees the new one, and that is kept.",
        "pin.new",
        {"administrator owner": "rooms.rotate_pin"},
    ),
    Sees(
        "Why a recording is held is for admins.",
        "reason.hold",
        {"admin": "recordings.delete recordings.heal recordings.hold recordings.show recordings.stop"},
    ),
    Sees(
        "Why somebody looked is told to the room's hosts, to admins, and to oneself.",
        "reason.reveal reason.reveal_participant",
        {
            "admin": f"{LOG} {REVEALS} accounts.show accounts.update_profile",
            "administrator owner admin": f"{ROOM_PAGE} audit.activity",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Why a PIN was changed is told to the room's hosts, and to admins.",
        "reason.rotate",
        {
            "administrator owner admin": f"{ROOM_PAGE} audit.activity",
            "admin": LOG,
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "A room's name is told to its people, to who has its link, and to staff, who find rooms by it.",
        "room.name",
        {
            "administrator owner admin": (
                "access.change access.grant access.grant_several access.index access.new_grants access.revoke "
                "audit.activity invitations.index invitations.newest live.reveal_participant lobby.confirm_deny_all "
                "lobby.confirm_undo_deny lobby.queue recordings.stop "
                "rooms.confirm_let_members_watch rooms.edit rooms.update"
            ),
            "admin": (
                f"{PERSON} {LOG} access.review_csv access.review_page audit.reveals_page recordings.hold "
                "reviews.lines trunks.confirm_delete trunks.delete"
            ),
            "member administrator owner admin": (
                f"{ROOM_PAGE} accounts.show accounts.update_profile live.inside recordings.delete_many "
                "recordings.index recordings.of_room recordings.set_retention_of_many recordings.show rooms.index"
            ),
            "support admin": (
                "calls.index calls.list_csv calls.show desk.index desk.rooms_in_use doctor.read_rules support.index "
                "support.list_csv support.show trunks.show"
            ),
            "member administrator owner": "desk.index",
            "member administrator owner support admin": "search.index",
            "administrator owner": (
                f"{INVITE_PANEL} {QUEUE} invitations.change invitations.edit invitations.save_calendar "
                "invitations.send lobby.deny recordings.start rooms.print_card rooms.rotate_pin"
            ),
            "anonymous": "lobby.ask",
            "anonymous guest stranger support admin": "lobby.join lobby.wait",
            "owner admin": "access.transfer recordings.delete rooms.confirm_delete",
            "owner": "recordings.preview_retention recordings.set_retention reviews.answer reviews.undo",
        },
    ),
    Sees(
        "An admin sees every room, support finds it, and whoever has its link reads its name.",
        "room.name_elsewhere",
        {
            "admin": (
                "access.index access.new_grants access.review_csv access.review_page audit.activity invitations.index "
                "invitations.newest live.inside lobby.confirm_deny_all lobby.queue recordings.of_room "
                "rooms.confirm_delete rooms.confirm_let_members_watch rooms.edit rooms.hide_pin rooms.index rooms.show"
            ),
            "anonymous guest stranger member administrator owner support admin": "lobby.join",
            "support admin": (
                "desk.index desk.rooms_in_use search.index support.index support.list_csv support.show trunks.show"
            ),
        },
    ),
    Sees(
        "Everybody gets all that is kept about them: of rooms the names, of others nobody.",
        "room.name",
        {"member administrator owner": "accounts.export"},
    ),
    Sees(
        "Everybody gets all that is kept about them, and what they typed themselves.",
        "message.invitation reason.rotate",
        {"owner": "accounts.export"},
    ),
    Sees(
        "Everybody gets all that is kept about them, and what they typed themselves.",
        "reason.reveal reason.reveal_participant reason.staff",
        {"admin": "accounts.export"},
    ),
    Sees(
        "An admin who says why gets all that is kept about somebody.",
        "message.invitation reason.rotate room.name",
        {"admin": "people.export"},
    ),
    Sees(
        "Whoever has a role goes straight in: the token is theirs.",
        "token.meeting",
        {"member administrator owner": "lobby.ask lobby.join"},
    ),
    Sees(
        "What somebody typed stands in what they get back.",
        "typed.email",
        {
            "administrator owner admin": "access.grant access.grant_several access.index",
            "administrator owner": "rooms.invite",
        },
    ),
    Sees(
        "What somebody typed stands in what they get back: as a guest's name, or a room's.",
        "typed.name",
        {
            "anonymous": "lobby.wait",
            "stranger member administrator owner support admin": "rooms.invite",
            "administrator owner admin": "rooms.show",
            "admin": "trunks.show",
        },
    ),
    Sees(
        "What somebody typed stands in what they get back: in a question's answer, in a trunk that they changed.",
        "typed.number",
        {
            "support admin": "tracer.show",
            "admin": "trunks.show",
        },
    ),
    Sees(
        "What somebody typed stands in what they get back: a reason, or the name of a review.",
        "typed.reason",
        {
            "admin": "people.show reviews.show",
            "administrator owner admin": "rooms.reveal_pin rooms.show",
        },
    ),
    Sees(
        "A recording is saved under its room's name.",
        "room.name",
        {"member administrator owner": "recordings.media_file"},
        place="Content-Disposition",
    ),
    Sees(
        "Whoever has a role goes straight in; the token stands in the fragment, which no server gets.",
        "token.meeting",
        {"member administrator owner": "lobby.ask"},
        place="HX-Redirect",
    ),
    Sees(
        "Whoever has a role goes straight in; the token stands in the fragment, which no server gets.",
        "token.meeting",
        {"member administrator owner": "lobby.ask lobby.join"},
        place="Location",
    ),
    Sees(
        "What is said on the next page waits in one's own cookie.",
        "room.name",
        {
            "owner admin": "rooms.delete",
        },
        place="Set-Cookie",
    ),
)
