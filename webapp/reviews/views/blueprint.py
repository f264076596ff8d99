"""The blueprint of reviews, and the door to a campaign."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, request

from webapp.accounts.models import User
from webapp.core.db import READING
from webapp.core.security import require
from webapp.reviews import queries
from webapp.reviews.models import Campaign

bp = Blueprint("reviews", __name__)


def load_campaign(campaign_id: uuid.UUID, may: Callable[[User], bool]) -> Campaign:
    """The campaign of the address; 403 to those who may not, then 404 for none. An unsafe request holds its row."""
    require(may)
    campaign = queries.one(campaign_id, lock=request.method not in READING)
    if campaign is None:
        abort(404)
    return campaign
