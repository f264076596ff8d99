"""All models, imported once so that the metadata is whole for migrations and tests."""

from webapp.accounts.models import User, UserSession
from webapp.audit.models import AuditEntry
from webapp.core.db import Model
from webapp.core.due import DueWork
from webapp.core.leases import Lease
from webapp.deliveries.models import Delivery
from webapp.jobs.models import PeriodicJob
from webapp.lobby.models import Entry
from webapp.recordings.models import Recording
from webapp.rooms.models import Access, OldSlug, PhonePin, Room, RoomCallback
from webapp.telephony.explain.models import CallQuestion
from webapp.telephony.models import Call, CallerKey, Diagnosis, MovedRoom, Probe, Trunk, TrunkMove
from webapp.telephony.repairs.models import RepairItem, RepairRun

metadata = Model.metadata

__all__ = [
    "Access",
    "AuditEntry",
    "Call",
    "CallQuestion",
    "CallerKey",
    "Delivery",
    "Diagnosis",
    "DueWork",
    "Entry",
    "Lease",
    "MovedRoom",
    "OldSlug",
    "PeriodicJob",
    "PhonePin",
    "Probe",
    "Recording",
    "RepairItem",
    "RepairRun",
    "Room",
    "RoomCallback",
    "Trunk",
    "TrunkMove",
    "User",
    "UserSession",
    "metadata",
]
