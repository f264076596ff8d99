"""All models, imported once so that the metadata is whole for migrations and tests."""

from webapp.accounts.models import AccountChange, LogoutToken, User, UserSession
from webapp.audit.chain_models import AuditSeal, ChainAnchor, ChainHead, HeadOutlet, Verification
from webapp.audit.models import AuditEntry, Beginning, Intent
from webapp.calls.models import Call, CallerKey
from webapp.core.db import Model
from webapp.core.due import DueWork
from webapp.core.leases import Lease
from webapp.core.refusals import Refusal
from webapp.deliveries.models import Delivery
from webapp.doctor.models import Diagnosis, RoomFinding
from webapp.holds.models import Probe
from webapp.invitations.models import Invitation, InvitationMail, Invitee, StoppedAddress
from webapp.jobs.models import PeriodicJob
from webapp.lobby.models import Entry, RefusedAddress
from webapp.mails.models import Mail, MailChoice
from webapp.marketing.models import MarketingContact
from webapp.recordings.models import Recording, Transition
from webapp.repairs.models import RepairItem, RepairRun
from webapp.reviews.models import (
    Campaign,
    CampaignDecision,
    CampaignDuty,
    CampaignLine,
    CampaignOwner,
    CampaignPerson,
    CampaignRoom,
)
from webapp.rooms.models import Access, LevelChange, OldSlug, PhonePin, Room, RoomCallback, TrunkRow
from webapp.rules.models import Installation
from webapp.tracer.models import CallQuestion
from webapp.trunks.models import MovedRoom, TrunkMove

metadata = Model.metadata

__all__ = [
    "Access",
    "AccountChange",
    "AuditEntry",
    "AuditSeal",
    "Beginning",
    "Call",
    "CallQuestion",
    "CallerKey",
    "Campaign",
    "CampaignDecision",
    "CampaignDuty",
    "CampaignLine",
    "CampaignOwner",
    "CampaignPerson",
    "CampaignRoom",
    "ChainAnchor",
    "ChainHead",
    "Delivery",
    "Diagnosis",
    "DueWork",
    "Entry",
    "HeadOutlet",
    "Installation",
    "Intent",
    "Invitation",
    "InvitationMail",
    "Invitee",
    "Lease",
    "LevelChange",
    "LogoutToken",
    "Mail",
    "MailChoice",
    "MarketingContact",
    "MovedRoom",
    "OldSlug",
    "PeriodicJob",
    "PhonePin",
    "Probe",
    "Recording",
    "Refusal",
    "RefusedAddress",
    "RepairItem",
    "RepairRun",
    "Room",
    "RoomCallback",
    "RoomFinding",
    "StoppedAddress",
    "Transition",
    "TrunkMove",
    "TrunkRow",
    "User",
    "UserSession",
    "Verification",
    "metadata",
]
