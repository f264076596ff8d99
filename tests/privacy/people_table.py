"""Names, addresses, and from where people came: who may see whose."""

from tests.privacy.sees import ACCESS_LIST, INVITE_PANEL, LOG, PERSON, QUEUE, REVEALS, REVIEW_FILES, ROOM_PAGE, Sees

PEOPLE = (
    Sees(
        "An admin who says why gets all that is kept about somebody.",
        "address.owner browser.owner email.owner name.owner",
        {"admin": "people.export"},
    ),
    Sees(
        "An admin who reads the log sees from where each deed and each reveal came.",
        "address.member",
        {"admin": f"audit.log_csv {REVEALS}"},
    ),
    Sees(
        "An admin sees from where a person is signed in, and from where deeds came.",
        "address.owner",
        {"admin": f"audit.log_csv {PERSON}"},
    ),
    Sees(
        "The log alone tells of changes to accounts, with the reason that an admin typed.",
        "reason.staff",
        {"admin": LOG},
    ),
    Sees(
        "The log's file and the page of an entry say from where it came.",
        "address.support",
        {"admin": "audit.log_csv"},
    ),
    Sees(
        "Whoever may manage access sees who has it, by the address that tells two of a name apart.",
        "email.administrator email.colleague",
        {
            "administrator owner admin": f"{ROOM_PAGE} {ACCESS_LIST} access.revoke",
            "admin": REVIEW_FILES,
            "owner admin": "access.transfer",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "An admin manages access in every room.",
        "email.elsewhere name.elsewhere",
        {
            "admin": "access.index access.list_csv access.review_csv access.review_page rooms.hide_pin rooms.show",
        },
    ),
    Sees(
        "Whoever manages access sees who had it.",
        "email.former",
        {"administrator owner admin": "access.index access.list_csv"},
    ),
    Sees(
        "Hosts see whom they invited, and how far the mail got; an admin sees the list.",
        "email.invitee",
        {
            "administrator owner": (
                f"{INVITE_PANEL} invitations.change invitations.edit invitations.resend invitations.save_calendar "
                "invitations.send invitations.send_new_pin"
            ),
            "administrator owner admin": f"{ROOM_PAGE} invitations.index invitations.newest",
        },
    ),
    Sees(
        "Hosts see who has access; owners check it in a review, and an admin reads what came of it.",
        "email.member",
        {
            "administrator owner admin": f"{ROOM_PAGE} {ACCESS_LIST}",
            "admin": f"{REVIEW_FILES} reviews.lines",
            "owner admin": "access.transfer",
            "owner": "reviews.answer reviews.confirm reviews.remove reviews.undo",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Hosts see who owns the room; an admin finds a person by the whole address.",
        "email.owner",
        {
            "administrator admin": f"{ROOM_PAGE} {ACCESS_LIST} access.revoke",
            "admin": f"{REVIEW_FILES} {PERSON} access.transfer reviews.set_ending reviews.show",
            "administrator": INVITE_PANEL,
        },
    ),
    Sees(
        "Somebody who never signed in has no other name than the address.",
        "email.pending",
        {
            "administrator owner admin": (
                f"{ROOM_PAGE} {ACCESS_LIST} access.revoke audit.activity recordings.heal recordings.show "
                "recordings.stop"
            ),
            "admin": f"{REVIEW_FILES} {LOG}",
            "owner admin": "access.transfer recordings.delete",
            "owner": "recordings.preview_retention recordings.set_retention",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "The line that was typed is given back, with what became of it.",
        "email.stranger",
        {"administrator owner admin": "access.grant_several"},
    ),
    Sees(
        "An admin sees who is staff.",
        "email.support",
        {"admin": "people.find people.index"},
    ),
    Sees(
        "The room's trail names who did what, staff too; an admin reads all of it.",
        "name.admin name.support",
        {
            "administrator owner admin": f"{ROOM_PAGE} audit.activity",
            "admin": f"{LOG} people.find people.index",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Hosts see who has access, and owners who else can watch a recording.",
        "name.administrator",
        {
            "owner admin": (
                f"{ROOM_PAGE} {ACCESS_LIST} access.revoke access.transfer recordings.delete recordings.heal "
                "recordings.show recordings.stop"
            ),
            "admin": REVIEW_FILES,
            "owner": f"{INVITE_PANEL} recordings.preview_retention recordings.set_retention",
        },
    ),
    Sees(
        "Hosts see who has access and who was given it; an admin reads the same of all rooms.",
        "name.colleague",
        {
            "administrator owner admin": f"{ROOM_PAGE} {ACCESS_LIST} access.revoke audit.activity",
            "admin": f"{REVIEW_FILES} {LOG}",
            "owner admin": "access.transfer",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Hosts see whom they denied a moment ago, to take it back.",
        "name.denied",
        {
            "administrator owner": (
                f"{INVITE_PANEL} desk.index lobby.admit lobby.admit_all lobby.clear_refused lobby.deny lobby.deny_all "
                "lobby.index lobby.undo_deny lobby.waiting"
            ),
            "administrator owner admin": f"{ROOM_PAGE} lobby.queue",
            "owner": "lobby.confirm_undo_deny",
        },
    ),
    Sees(
        "Hosts see who had access, in the list of former people and in the trail.",
        "name.former",
        {
            "administrator owner admin": f"{ROOM_PAGE} access.index access.list_csv audit.activity",
            "admin": LOG,
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Hosts see who waits; an admin sees it in the room's queue.",
        "name.guest",
        {
            "administrator owner": f"{INVITE_PANEL} {QUEUE} desk.index",
            "administrator owner admin": f"{ROOM_PAGE} lobby.confirm_deny_all lobby.deny lobby.queue",
            "admin": "lobby.deny_all",
        },
    ),
    Sees(
        "An admin may look into the queue of every room.",
        "name.guest_elsewhere",
        {"admin": "lobby.confirm_deny_all lobby.queue"},
    ),
    Sees(
        "Members see who is in the meeting, as everybody in it does.",
        "name.inside",
        {
            "member administrator owner admin": "live.inside",
            "administrator owner admin": "live.reveal_participant",
        },
    ),
    Sees(
        "Hosts see who has access, owners review it, and an admin reads who revealed what.",
        "name.member",
        {
            "administrator owner admin": f"{ROOM_PAGE} {ACCESS_LIST} access.revoke audit.activity",
            "admin": f"{REVIEW_FILES} {LOG} {REVEALS} reviews.lines",
            "owner admin": "access.transfer",
            "owner": "reviews.answer reviews.confirm reviews.remove reviews.undo",
            "administrator owner": INVITE_PANEL,
        },
    ),
    Sees(
        "Hosts see who owns the room, invited and recorded; an admin reads what they did.",
        "name.owner",
        {
            "administrator admin": (
                f"{ROOM_PAGE} {ACCESS_LIST} access.revoke audit.activity invitations.index invitations.newest "
                "lobby.queue recordings.heal recordings.resend_mail recordings.show recordings.stop"
            ),
            "admin": (
                f"{REVIEW_FILES} {LOG} {PERSON} access.transfer audit.entry calls.list_csv recordings.delete "
                "reviews.confirm_reassign reviews.reassign reviews.set_ending reviews.show"
            ),
            "administrator": (
                f"{INVITE_PANEL} desk.index invitations.resend invitations.save_calendar invitations.send "
                "invitations.send_new_pin lobby.admit lobby.admit_all lobby.clear_refused lobby.deny lobby.deny_all "
                "lobby.index lobby.undo_deny lobby.waiting"
            ),
        },
    ),
    Sees(
        "Hosts see who waits: this is the guest among the personas.",
        "name.self_guest",
        {
            "administrator owner": f"{INVITE_PANEL} {QUEUE} desk.index lobby.deny",
            "administrator owner admin": f"{ROOM_PAGE} lobby.confirm_deny_all lobby.queue",
        },
    ),
)
