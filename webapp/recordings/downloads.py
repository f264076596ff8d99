"""What a recording's file is called where it is downloaded: as its page is titled, with room, date and time."""

import re
import unicodedata
from datetime import tzinfo
from urllib.parse import quote

from werkzeug.http import dump_options_header

from webapp.recordings.models import Recording

LONGEST = 150  # bytes of the room's name; file systems take 255 for all of it
# what Windows, macOS or a shell reads in a name; in `filename` some browsers decode %XX (RFC 6266, appendix D)
UNSAFE = re.compile(r'[\\/:*?"<>|%\s]+')
ATTRIBUTE = "!#$&+-.^_`|~"  # what filename* has as it is, besides letters and digits (RFC 8187, 3.2.1)


def file_name(recording: Recording, zone: tzinfo) -> str:
    """Room, date, time in the zone, and extension: "Housing committee 2026-11-12 14-00.mp4"."""
    made = f"{recording.created_at.astimezone(zone):%Y-%m-%d %H-%M}"
    return f"{_safe(recording.room.name) or 'Recording'} {made}.{recording.extension}"


def disposition(recording: Recording, zone: tzinfo) -> str:
    """The Content-Disposition that saves it under this name: in ASCII, then in UTF-8 (RFC 6266, 4.3).

    Always an attachment: players do not look at it, and nothing of the bucket's is shown as a page of ours.
    """
    name = file_name(recording, zone)
    encoded = quote(name, safe=ATTRIBUTE)
    return dump_options_header("attachment", {"filename": _plain(name), "filename*": f"UTF-8''{encoded}"})


def _plain(name: str) -> str:
    """The name in ASCII; what letters such as a fullwidth slash come apart into is no more allowed than itself."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = UNSAFE.sub(" ", ascii_only).lstrip(" .")
    return kept if not kept[:1].isdigit() or name[:1].isdigit() else f"Recording {kept}"


def _safe(name: str) -> str:
    """The name without what a file may not be called, hidden marks and leading dots; cut between letters."""
    seen = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in name)
    one_line = UNSAFE.sub(" ", seen).strip(" .")
    return one_line.encode()[:LONGEST].decode(errors="ignore").strip(" .")
