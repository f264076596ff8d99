"""Who may see whose personal data on which route: nobody, nothing, but for what stands here with its reason.

One's own name, address and place are no leak to oneself and stand nowhere in it. Every line occurs: what a persona does
not come to see there any more fails as well.
"""

from tests.privacy.people_table import PEOPLE
from tests.privacy.secrets_table import SECRETS

ALLOWED = PEOPLE + SECRETS
# They answer whoever may ask with nothing of anybody's, but for one's own name.
NOTHING = (
    "access.find_in_review access.leave access.take_back access.undo_page accounts.callback "
    "accounts.end_other_sessions accounts.end_session accounts.login accounts.provider_logout accounts.sign_in "
    "accounts.sign_out accounts.signed_out audit.chain_page audit.find audit.find_reveals audit.verify_chain "
    "desk.findings doctor.await_rules doctor.finding_count doctor.finding_kinds doctor.index doctor.sweep "
    "health.healthz health.metrics health.readyz hooks.index hooks.livekit hooks.replay hooks.storage "
    "i18n.set_language invitations.stop invitations.withdraw jobs.index jobs.retry jobs.run_now "
    "live.confirm_remove_participant live.end_meeting live.remove_participant lobby.admit_everywhere lobby.count "
    "lobby.join_typed lobby.leave lobby.meet mails.choose mails.turn_off marketing.choose people.enable "
    "people.end_sessions recordings.media_auth recordings.now recordings.undo_delete repairs.index repairs.new "
    "repairs.new_csv repairs.repair repairs.repair_all repairs.retry repairs.run repairs.run_csv repairs.show "
    "repairs.stop reviews.confirm_many reviews.end reviews.find_owner reviews.index reviews.new reviews.remind "
    "reviews.remind_all reviews.start rooms.check_slug rooms.create rooms.creation_callback rooms.find_owner "
    "rooms.let_members_watch rooms.new rooms.save_link_code setup.index static support.bundle support.heal_recording "
    "support.reconcile_room tracer.ask tracer.index tracer.paste_log trunks.create trunks.move trunks.move_rooms "
    "trunks.new trunks.new_move trunks.pins trunks.stop_move trunks.update"
)
