"""The log's chain: whether it holds, who vouches for it, and a verification on request."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from webapp.audit import chain_words, keys, outlets, policy, records, streaming, verifying
from webapp.audit.actors import current_actor
from webapp.audit.views.blueprint import bp
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require


@bp.get("/audit/chain")
def chain_page() -> ResponseReturnValue:
    """Whether the log's chain holds, what was found before, and who vouches for it; to a poll the badge alone."""
    require(policy.log)
    signer, places = keys.signer(), outlets.standing()
    context: dict[str, Any] = {
        "public_key": signer.public if signer else "",
        "seals": records.end(),
        "head": records.newest_head(),
        "outlets": places,
        "kept_at": outlets.proven_until(places),
        "outlet_words": chain_words.OUTLETS,
        "outlet_problem": chain_words.outlet_problem,
        "stream": streaming.standing(),
        "stream_words": chain_words.STREAMS,
        "stream_problem": chain_words.stream_problem,
    }
    return htmx.respond("audit/chain.html", "audit/_chain.html", **context, chain=chain_words.standing())


@bp.post("/audit/chain/verify")
def verify_chain() -> ResponseReturnValue:
    """Have the chain verified: the page says how far it is."""
    require(policy.verify_chain)
    verifying.request(actor=current_actor())
    db.session.commit()
    return htmx.done(url_for(".chain_page"), "audit/_chain.html", chain=chain_words.standing())
