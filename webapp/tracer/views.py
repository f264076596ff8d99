"""Which rule takes this call? A form, pasted log lines, and the answer as steps under a link without numbers."""

import uuid

from flask import Blueprint, Flask, abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.accounts.models import UserSession
from webapp.core.db import db
from webapp.core.security import limiter, require
from webapp.doctor import sentences
from webapp.tracer import log_words, policy, sealing
from webapp.tracer.answer import Trace, ask_livekit, compared
from webapp.tracer.comparison import Compared
from webapp.tracer.forms import CallForm, LogForm
from webapp.tracer.question import Question

bp = Blueprint("tracer", __name__)


@bp.get("/telephony/explain")
def index() -> ResponseReturnValue:
    """An empty form."""
    require(policy.trace)
    return _page(CallForm(formdata=None), LogForm(formdata=None))


@bp.post("/telephony/explain")
@limiter.limit("30 per minute")  # PINs may be asked about, but not tried one after the other
def ask() -> ResponseReturnValue:
    """Keep a question for this sign-in and go to its answer."""
    require(policy.trace)
    form = CallForm()
    if not form.validate():
        return _page(form, LogForm(formdata=None), 422)
    return _keep(form.question())


@bp.post("/telephony/explain/log")
@limiter.limit("30 per minute")
def paste_log() -> ResponseReturnValue:
    """Read pasted log lines, keep what they say of the call, and go to its answer."""
    require(policy.trace)
    form = LogForm()
    question = form.question() if form.validate() else None
    form.log.data = ""  # a PIN may stand in it: what was pasted never comes back
    if question is None:
        return _page(CallForm(formdata=None), form, 422)
    return _keep(question)


@bp.get("/telephony/explain/<uuid:question_id>")
def show(question_id: uuid.UUID) -> ResponseReturnValue:
    """The answer to a question of this sign-in, with LiveKit as it is now."""
    require(policy.trace)
    asker, token = _asker()
    question = sealing.find(question_id, asker, token)
    if question is None:
        return _page(CallForm(formdata=None), LogForm(formdata=None), 404, gone=True)
    return _page(CallForm(formdata=None, obj=question.unmasked), LogForm(formdata=None), question=question)


def _page(
    form: CallForm, log_form: LogForm, status: int = 200, question: Question | None = None, gone: bool = False
) -> ResponseReturnValue:
    form.pin.data = ""  # typed anew each time: no page holds one
    answer, outage, proofs = None, "", list[Compared]()
    if question is not None:
        reading, answer = ask_livekit(question)
        proofs = compared(question, reading)
        outage = sentences.unanswered(reading.problem) if reading.problem and question.traceable else ""
    context: dict[str, object] = {
        "answer": answer,
        "question": question,
        "outage": outage,
        "gone": gone,
        "proofs": proofs,
    }
    context |= _log(question, answer)
    return make_response(render_template("tracer/index.html", form=form, log_form=log_form, **context), status)


def _log(question: Question | None, answer: Trace | None) -> dict[str, object]:
    """What pasted lines mean, each by itself and together, and how LiveKit would act otherwise now."""
    if question is None or not question.pasted:
        return {"headline": "", "readings": [], "obstacle": "", "difference": ""}
    return {
        "headline": log_words.headline(question),
        "readings": [(reading, log_words.meanings(reading.codes)) for reading in question.readings],
        "obstacle": "" if answer else log_words.obstacle(question),
        "difference": log_words.difference(question.lines, answer) if answer else "",
    }


def _keep(question: Question) -> ResponseReturnValue:
    asker, token = _asker()
    row = sealing.keep(question, asker, token)
    db.session.commit()
    return redirect(url_for(".show", question_id=row.id, _anchor="verdict"), 303)


def _asker() -> tuple[UserSession, str]:
    """The sign-in that asks, and the token that only its cookie holds."""
    current, token = sessions.current(), session.get(sessions.COOKIE_KEY)
    if current is None or not token:
        abort(401)
    return current, token


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
