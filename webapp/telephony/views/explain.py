"""Which rule takes this call? A form, pasted log lines, and the answer as steps under a link without numbers."""

import uuid

from flask import abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.accounts.models import UserSession
from webapp.core.db import db
from webapp.core.security import limiter, require
from webapp.telephony import policy, words
from webapp.telephony.explain import answers, kept, sayings
from webapp.telephony.explain.forms import CallForm, LogForm
from webapp.telephony.explain.question import Question
from webapp.telephony.views.blueprint import bp


@bp.get("/telephony/explain")
def explain() -> ResponseReturnValue:
    """An empty form."""
    require(policy.view_telephony)
    return _page(CallForm(formdata=None), LogForm(formdata=None))


@bp.post("/telephony/explain")
@limiter.limit("30 per minute")  # PINs may be asked about, but not tried one after the other
def ask_call() -> ResponseReturnValue:
    """Keep a question for this sign-in and go to its answer."""
    require(policy.view_telephony)
    form = CallForm()
    if not form.validate():
        return _page(form, LogForm(formdata=None), 422)
    return _kept(form.question())


@bp.post("/telephony/explain/log")
def paste_log() -> ResponseReturnValue:
    """Read pasted log lines, keep what they say of the call, and go to its answer."""
    require(policy.view_telephony)
    form = LogForm()
    question = form.question() if form.validate() else None
    form.log.data = ""  # a PIN may stand in it: what was pasted never comes back
    if question is None:
        return _page(CallForm(formdata=None), form, 422)
    return _kept(question)


@bp.get("/telephony/explain/<uuid:question_id>")
def explained(question_id: uuid.UUID) -> ResponseReturnValue:
    """The answer to a question of this sign-in, with LiveKit as it is now."""
    require(policy.view_telephony)
    asker, token = _asker()
    question = kept.find(question_id, asker, token)
    if question is None:
        return _page(CallForm(formdata=None), LogForm(formdata=None), 404, gone=True)
    return _page(CallForm(formdata=None, obj=question), LogForm(formdata=None), question=question)


def _page(
    form: CallForm, log_form: LogForm, status: int = 200, question: Question | None = None, gone: bool = False
) -> ResponseReturnValue:
    form.pin.data = ""  # typed anew each time: no page holds one
    answer, outage = None, ""
    if question is not None:
        seen, answer = answers.ask(question)
        outage = words.unanswered(seen.problem) if seen.problem else ""
    context = {"answer": answer, "question": question, "outage": outage, "gone": gone, **_log(question, answer)}
    return make_response(render_template("telephony/explain.html", form=form, log_form=log_form, **context), status)


def _log(question: Question | None, answer: answers.Answer | None) -> dict[str, object]:
    """What pasted lines mean, and how LiveKit would act otherwise now."""
    lines = question.lines if question else ()
    return {
        "meanings": [meaning for code in lines if (meaning := sayings.meaning(code))],
        "since": sayings.since(lines, answer) if answer else "",
    }


def _kept(question: Question) -> ResponseReturnValue:
    asker, token = _asker()
    row = kept.keep(question, asker, token)
    db.session.commit()
    return redirect(url_for(".explained", question_id=row.id, _anchor="verdict"), 303)


def _asker() -> tuple[UserSession, str]:
    """The sign-in that asks, and the token that only its cookie holds."""
    current, token = sessions.current(), session.get(sessions.COOKIE_KEY)
    if current is None or not token:
        abort(401)
    return current, token
