"""People and their sign-ins."""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Keyed, Model, choice, partial_index, utcnow

ABSENT = timedelta(days=90)  # without a sign-in, after which somebody with rights deserves a look


class Staff(enum.Enum):
    """What somebody may see beyond their own rooms."""

    NONE = "none"
    SUPPORT = "support"
    ADMIN = "admin"


class User(Keyed, UserMixin, Model):
    """A person; without `sub` a pending one, known only by the address that a grant named.

    Of whoever was forgotten the row stays, without anything that says who it was: what it did goes on to have a doer.
    """

    __tablename__ = "users"
    __table_args__ = (partial_index("uq_users_pending_email", "email", where="sub IS NULL", unique=True),)

    sub: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(index=True)  # lower case
    full_name: Mapped[str] = mapped_column(default="")
    short_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")  # empty: the browser's
    timezone: Mapped[str] = mapped_column(default="")  # empty: the installation's
    theme: Mapped[str] = mapped_column(default="")  # "", light, dark
    staff: Mapped[Staff] = mapped_column(choice(Staff), default=Staff.NONE)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_sign_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]  # disabled as well, for good

    @property
    def is_active(self) -> bool:
        """Disabled people have no session."""
        return self.disabled_at is None

    @property
    def pending(self) -> bool:
        """Nobody has signed in with this address yet."""
        return self.sub is None

    @property
    def is_admin(self) -> bool:
        """Admins audit everything."""
        return self.staff is Staff.ADMIN

    @property
    def is_staff(self) -> bool:
        """Support and admins see the telephony and system pages."""
        return self.staff is not Staff.NONE

    @property
    def name(self) -> str:
        """What to call them on a page; one who was forgotten is told from others by a mark that means nothing else."""
        known = self.full_name or self.short_name or self.email
        return known or str(_("Forgotten person %(mark)s", mark=self.id.hex[-6:].upper()))


class AccountChange(Keyed, Model):
    """Somebody's staff role changed, or whether the account is disabled; before the first it was as that one says."""

    __tablename__ = "account_changes"
    __table_args__ = (sa.Index("ix_account_changes_user_id_at", "user_id", "at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    staff_before: Mapped[Staff] = mapped_column(choice(Staff))
    staff_after: Mapped[Staff] = mapped_column(choice(Staff))
    disabled_before: Mapped[bool]
    disabled_after: Mapped[bool]
    changed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))


class UserSession(Keyed, Model):
    """One sign-in in one browser; the cookie holds a random token, this row its SHA-256."""

    __tablename__ = "user_sessions"
    __table_args__ = (partial_index("ix_user_sessions_sid", "sid", where="sid <> ''"),)

    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    id_token: Mapped[str] = mapped_column(default="")  # for the provider's logout
    sid: Mapped[str] = mapped_column(default="", server_default="")  # the provider's name of its own session
    browser: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class LogoutToken(Model):
    """A logout token of the provider that was taken; while it could be sent again, it is known here."""

    __tablename__ = "logout_tokens"

    jti_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
