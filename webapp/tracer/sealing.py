"""Questions kept for one sign-in: sealed with its token, which the database does not have, and gone with it."""

import hashlib
import json
import uuid

import sqlalchemy as sa
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from webapp.accounts.models import UserSession
from webapp.core.db import db
from webapp.tracer.models import CallQuestion
from webapp.tracer.question import Question

NEWEST = 20  # questions of one sign-in


def keep(question: Question, session: UserSession, token: str) -> CallQuestion:
    """Seal a question for the sign-in that asks it; only its newest ones stay."""
    row = CallQuestion(session_id=session.id, sealed=_seal(question, token))
    db.session.add(row)
    db.session.flush()
    mine = sa.select(CallQuestion.id).where(CallQuestion.session_id == session.id)
    newest = mine.order_by(CallQuestion.id.desc()).limit(NEWEST)
    too_many = sa.delete(CallQuestion).where(
        CallQuestion.session_id == session.id, CallQuestion.id.not_in(list(db.session.scalars(newest)))
    )
    db.session.execute(too_many.execution_options(synchronize_session=False))
    return row


def find(question_id: uuid.UUID, session: UserSession, token: str) -> Question | None:
    """A question of this sign-in; None for everybody else's."""
    row = db.session.get(CallQuestion, question_id)
    if row is None or row.session_id != session.id:
        return None
    return _open(row.sealed, token)


def _seal(question: Question, token: str) -> str:
    plain = json.dumps(question.as_json()).encode()
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, plain, _key(token))


def _open(sealed: str, token: str) -> Question | None:
    try:
        plain = jwe.decrypt_compact(sealed, _key(token)).plaintext
    except (JoseError, ValueError):
        return None
    return Question.parse(json.loads(plain or b"{}"))


def _key(token: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"call question" + token.encode()).digest())
