"""Times as people read them: how long ago, with the exact time and its zone at hand."""

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask import Flask
from flask_babel import format_datetime, format_timedelta, get_locale, get_timezone, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from webapp.core.db import utcnow

MINUTE, HOUR, DAY = 60, 3600, 86400


def exact(when: datetime) -> str:
    """The time in the reader's zone, with the zone's name."""
    return f"{when.astimezone(get_timezone()):%Y-%m-%d %H:%M %Z}"


def reader_zone() -> ZoneInfo:
    """The reader's zone for times that are made from a day: the one that Babel gives says what it was in 1890."""
    return ZoneInfo(str(get_timezone()))


def midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins in the zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def ago(when: datetime) -> str:
    """How long ago a time was, after a week the day itself; of a time to come in how long it is."""
    seconds = int((utcnow() - when).total_seconds())
    if seconds < 0:
        return str(format_timedelta(when - utcnow(), add_direction=True))
    if seconds >= 7 * DAY:
        return exact(when)[:10]
    if seconds >= DAY:
        return str(ngettext("%(num)d day ago", "%(num)d days ago", seconds // DAY))
    if seconds >= HOUR:
        return str(ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // HOUR))
    if seconds >= MINUTE:
        return str(ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // MINUTE))
    return str(_("just now"))


def short(when: datetime) -> str:
    """The hour of a time today, the day of any other; its year only where that is another one."""
    here, now = when.astimezone(get_timezone()), utcnow().astimezone(get_timezone())
    if here.date() == now.date():
        return str(format_datetime(when, "HH:mm"))
    return str(format_datetime(when, "d MMM" if here.year == now.year else "d MMM y"))


def long(since: datetime) -> str:
    """How long something has gone on, in minutes, then hours, then days."""
    minutes = int((utcnow() - since).total_seconds()) // MINUTE
    if minutes < 60:
        return str(_("%(minutes)d min", minutes=max(minutes, 0)))
    if minutes < 48 * 60:
        return str(_("%(hours)d h %(minutes)02d min", hours=minutes // 60, minutes=minutes % 60))
    return str(ngettext("%(num)d day", "%(num)d days", minutes // (24 * 60)))


def span(begin: datetime, end: datetime | None, day_format: str) -> str:
    """The day in a format of Unicode TR 35 and the hours, in the reader's zone, with the city of the zone."""
    hours = format_datetime(begin, "HH:mm")
    if end is not None and end > begin:
        hours += f"–{format_datetime(end, 'HH:mm')}"
    city = get_timezone_location(get_timezone(), locale=get_locale(), return_city=True).rpartition("/")[2]
    return str(_("%(day)s, %(hours)s (%(zone)s)", day=format_datetime(begin, day_format), hours=hours, zone=city))


def day(when: datetime) -> str:
    """The day in the reader's zone, with the time where it matters: today, tomorrow, or within this year."""
    days = days_left(when)
    time = format_datetime(when, "HH:mm")
    if days == 0:
        return str(_("Today, %(time)s", time=time))
    if days == 1:
        return str(_("Tomorrow, %(time)s", time=time))
    this_year = when.astimezone(get_timezone()).year == utcnow().astimezone(get_timezone()).year
    return f"{format_datetime(when, 'd MMM')}, {time}" if this_year else format_datetime(when, "d MMM y")


def until(end: datetime) -> str:
    """A day to come: the time when it is near, the days left within a week, else the date."""
    days = days_left(end)
    if days in {0, 1}:
        return day(end)
    if 0 < days <= 7:
        date = format_datetime(end, "d MMM")
        return str(ngettext("In %(num)d day, %(date)s", "In %(num)d days, %(date)s", days, date=date))
    return str(format_datetime(end, "d MMM y"))


def days_left(when: datetime) -> int:
    """The nights until then in the reader's zone: 0 is today, 1 tomorrow."""
    zone = get_timezone()
    return (when.astimezone(zone).date() - utcnow().astimezone(zone).date()).days


def when(time: datetime) -> Markup:
    """A time element: relative words, the exact time on hover."""
    return _element(time, ago(time))


def on(time: datetime) -> Markup:
    """A time element: the day, the exact time on hover."""
    return _element(time, day(time))


def _element(time: datetime, words: str) -> Markup:
    element = Markup('<time datetime="{}" title="{}">{}</time>')
    return element.format(time.isoformat(timespec="seconds"), exact(time), words)


def at(time: datetime, pattern: str) -> Markup:
    """A time element in the words of a pattern (Unicode TR 35), the exact time on hover."""
    return _element(time, str(format_datetime(time, pattern)))


def stamp(time: datetime) -> Markup:
    """A time element for narrow places: the hour or the day, the exact time on hover."""
    return _element(time, short(time))


def init_app(app: Flask) -> None:
    """Give templates the filters `when`, `on`, `at`, `stamp`, `exact`, `day`, `until`, `days_left` and `long`."""
    app.jinja_env.filters.update(
        when=when, on=on, at=at, stamp=stamp, exact=exact, day=day, until=until, days_left=days_left, long=long
    )
