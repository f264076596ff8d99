"""Where LiveKit knocks, and the page that shows who knocked."""

import json
import time

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from prometheus_client import Counter
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.audit.actors import current_actor
from webapp.core import refusals, request_log, strict_json
from webapp.core.app import this_app
from webapp.core.db import db
from webapp.core.security import bears, csrf, limiter, require
from webapp.core.settings import settings
from webapp.deliveries import queries, refused
from webapp.deliveries.models import Result
from webapp.holds import hooks as hold_hooks
from webapp.hooks import intake, policy, processing, service
from webapp.livekit import webhooks
from webapp.recordings import notifications

bp = Blueprint("hooks", __name__)

NOTIFIED = Counter("frontdesk_storage_notifications_total", "Records of the bucket's notifications", ["result"])


def answer(code: int, **body: str | list[str]) -> Response:
    """A hook's answer: JSON that says what became of it."""
    return Response(json.dumps(body), code, content_type="application/json")


@bp.post("/hooks/livekit")
@limiter.limit(lambda: settings.hook_limit)
@csrf.exempt
def livekit() -> ResponseReturnValue:
    """Verify, store and answer at once; the work begins in this process after the answer, a caller's hold before it.

    401 bad or missing signature, 400 unreadable body: LiveKit does not repeat those. Database trouble is a 5xx,
    which it does repeat (livekit/protocol webhook/resource_url_notifier.go).
    """
    arrived = time.monotonic()
    try:
        raw = request.get_data(cache=False)
        event = webhooks.verify(request.headers.get("Authorization", ""), raw)
    except webhooks.SignatureRefused as refusal:
        intake.RECEIVED.labels("other", "bad_signature").inc()
        refusals.count(refusals.HOOKS, refusal.reason)
        return answer(401, status="refused", detail=str(refusal))
    except webhooks.BodyUnreadable as unreadable:
        intake.RECEIVED.labels("other", "unreadable").inc()
        refusals.count(refusals.HOOKS, "unreadable")
        return answer(400, status="refused", detail=str(unreadable))
    except RequestEntityTooLarge:
        refusals.count(refusals.HOOKS, "too_large")
        raise
    hold_hooks.begin(event, arrived)
    delivery, new = intake.take(event, raw)
    if not new:
        return answer(200, status="duplicate")
    is_stored = delivery.result in {Result.STORED, Result.PROCESSED}
    response = answer(200, status="stored" if is_stored else delivery.result.value)
    if delivery.result is Result.STORED:
        app, room_id, request_id = this_app(), delivery.room_id, request_log.current()

        def begin() -> None:
            with app.app_context(), request_log.belonging_to(request_id):
                processing.begin(room_id)

        response.call_on_close(begin)
    return response


@bp.post("/hooks/storage")
@limiter.limit(lambda: settings.hook_limit)
@csrf.exempt
def storage() -> ResponseReturnValue:
    """Take the bucket's notifications: 200 says what became of each record, whatever it was.

    401 without the token, 400 for a body that is none: neither is worth a repeat. Database trouble is a 5xx.
    """
    token = settings.storage_hook_token.get_secret_value()
    if not bears(token):
        refusals.count(refusals.STORAGE, "other_token" if token else "no_token_set")
        return answer(401, status="refused", detail="the bearer token is not FRONTDESK_STORAGE_HOOK_TOKEN")
    try:
        told = notifications.records(strict_json.parse(request.get_data(cache=False)))
    except ValueError:
        refusals.count(refusals.STORAGE, "unreadable")
        return answer(400, status="refused", detail="the body is no notification of MinIO or Amazon S3")
    except RequestEntityTooLarge:
        refusals.count(refusals.STORAGE, "too_large")
        raise
    results = [result.value for result in notifications.apply(told)]
    for result in results:
        NOTIFIED.labels(result).inc()
    return answer(200, status="processed", results=results)


@bp.get("/system/hooks/")
def index() -> ResponseReturnValue:
    """The deliveries, newest first, with filters."""
    require(policy.view_hooks)
    return render_template("hooks/index.html", **queries.page(request.args), refused=refused.sentence())


@bp.post("/system/hooks/<int(max=9223372036854775807):delivery_id>/replay")  # the largest key there can be
def replay(delivery_id: int) -> ResponseReturnValue:
    """Work a delivery off again."""
    require(policy.replay_hook)
    delivery = queries.for_change(delivery_id)
    if delivery is None:
        abort(404)
    if delivery.result in {Result.UNKNOWN_EVENT, Result.FOREIGN_ROOM}:
        abort(409, queries.nothing_to_replay())
    service.replay(delivery, actor=current_actor())
    db.session.commit()
    processing.work_off(delivery.room_id)
    return redirect(url_for(".index"), 303)


def init_app(app: Flask) -> None:
    """Register the hook and its page."""
    app.register_blueprint(bp)
