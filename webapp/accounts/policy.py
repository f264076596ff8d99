"""Who may do what to an account: everybody to their own, nobody here to another's."""

from webapp.accounts.models import User, UserSession


def account(user: User) -> bool:
    """Everybody signed in has an account page."""
    return user.is_active


def update_profile(user: User) -> bool:
    """Everybody chooses their own language, time zone and theme."""
    return user.is_active


def export(user: User) -> bool:
    """Everybody gets all that is kept about them."""
    return user.is_active


def sign_out(user: User) -> bool:
    """Everybody may leave."""
    return user.is_active


def end_session(user: User, sign_in: UserSession) -> bool:
    """People end their own sign-ins."""
    return sign_in.user_id == user.id


def end_other_sessions(user: User) -> bool:
    """People end all their other sign-ins at once."""
    return user.is_active
