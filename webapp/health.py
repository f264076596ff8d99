"""Health for supervisors and proxies: alive, ready, and counted."""

import sqlalchemy as sa
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from webapp.db import db
from webapp.security import csrf, limiter

bp = Blueprint("health", __name__)
limiter.exempt(bp)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return "ok\n", {"Content-Type": "text/plain"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers too; 503 when it does not."""
    try:
        db.session.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        return "database: no answer\n", 503, {"Content-Type": "text/plain"}
    return "ok\n", {"Content-Type": "text/plain"}


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Counters and histograms in Prometheus' text format; labels are never personal."""
    return generate_latest(), {"Content-Type": CONTENT_TYPE_LATEST}


def init_app(app: Flask) -> None:
    """Register the three addresses."""
    csrf.exempt(bp)
    app.register_blueprint(bp)
