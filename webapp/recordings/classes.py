"""The class by which a bucket's own rules expire an object: a tag that says after how many days at the earliest.

Buckets count whole days from when an object was written, and know no dates (Amazon S3 User Guide, "Expiring objects").
So an object has the smallest class that is not below its promise; what is due before its class is over, Frontdesk
deletes itself.
"""

TAG = "frontdesk-retention"
DAYS = (7, 30, 90, 180, 365, 730, 1095, 1825, 3650)
PERMANENT, HELD = "permanent", "hold"  # no rule expires these


def class_of(days: int | None, *, held: bool = False) -> str:
    """The tag's value for a promise of so many days, or for ever (None); what no class reaches is permanent."""
    if held:
        return HELD
    return next((str(each) for each in DAYS if days is not None and each >= days), PERMANENT)


def days_of(value: str) -> int | None:
    """After how many days objects with the tag's value expire; None where they do not."""
    return int(value) if value.isdecimal() and int(value) in DAYS else None
