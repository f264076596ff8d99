"""How templates write values: times, initials, languages, sizes."""

from datetime import datetime, timedelta

from babel import Locale
from flask import Flask
from flask_babel import format_datetime, format_decimal, format_timedelta, get_locale, get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from webapp.core import qr
from webapp.core.db import utcnow
from webapp.core.masking import impersonal
from webapp.core.settings import settings

LATE_SECONDS = 120
LEAST_SHARE = 0.0001  # which is 0.01 %


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = words[:1] + words[1:][-1:]
    return "".join(word[0].upper() for word in chosen)


def language_name(code: str) -> str:
    """A language in its own words."""
    return (Locale.parse(code).get_display_name(code) or code).capitalize()


def file_size(size: int | None) -> str:
    """Bytes in the unit a person would choose, with decimal prefixes."""
    if size is None:
        return ""
    for words, bytes_ in ((_l("%(size)s GB"), 10**9), (_l("%(size)s MB"), 10**6), (_l("%(size)s kB"), 10**3)):
        if size >= bytes_:
            return str(words) % {"size": format_decimal(size / bytes_, "0.0" if size < 10 * bytes_ else "0")}
    return str(_l("%(size)s B")) % {"size": size}


def percent(share: float) -> str:
    """A share in per cent with at most two decimals; one too small for them is no zero."""
    if 0 < share < LEAST_SHARE:
        return str(_("under %(number)s %%", number=format_decimal(LEAST_SHARE * 100)))
    return str(_("%(number)s %%", number=format_decimal(share * 100, "0.##")))


def duration(milliseconds: int | None) -> str:
    """Hours, minutes and seconds, such as 1:02:03."""
    if milliseconds is None:
        return ""
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def waited(since: datetime) -> str:
    """How long ago that was as a clock shows it: 0:09, 12:30, 1:02:03."""
    seconds = max(0, int((utcnow() - since).total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def waits_long(since: datetime) -> bool:
    """From two minutes on a wait is shown as late."""
    return (utcnow() - since).total_seconds() >= LATE_SECONDS


def milliseconds(took: timedelta) -> str:
    """A span too short for people: 31 ms, from one second on 1.2 s."""
    seconds = took.total_seconds()
    return f"{round(seconds * 1000)} ms" if seconds < 1 else f"{format_decimal(seconds, '0.0')} s"


def seconds(took: int) -> str:
    """Milliseconds as seconds with one decimal; what is shorter than a tenth is no nothing."""
    return str(format_decimal(max(took / 1000, 0.1), "0.0"))


def grouped(pin: str) -> str:
    """A PIN in groups of four, as people read numbers aloud."""
    return " ".join(pin[start : start + 4] for start in range(0, len(pin), 4))


def zone_name() -> str:
    """The reader's time zone."""
    return str(get_timezone())


def init_app(app: Flask) -> None:
    """Register the filters and what every template may ask for."""
    app.jinja_env.filters.update(
        qr=qr.svg,
        initials=initials,
        language_name=language_name,
        file_size=file_size,
        duration=duration,
        percent=percent,
        grouped=grouped,
        waited=waited,
        waits_long=waits_long,
        milliseconds=milliseconds,
        seconds=seconds,
        impersonal=impersonal,
        datetimeformat=format_datetime,
        timedeltaformat=format_timedelta,
    )
    app.jinja_env.globals.update(
        settings=settings,
        now_utc=utcnow,
        get_locale=get_locale,
        csrf_token=generate_csrf,
        zone_name=zone_name,
        get_timezone=get_timezone,
    )
