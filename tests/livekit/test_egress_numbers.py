"""What a hook says of a file's length, size and times is taken where a recording can have it, and else unknown."""

from typing import Any

import pytest

from webapp.livekit.egress import from_hook

BEGAN = 1731660518186023947
MINUTE = 60 * 10**9


def _of(file: dict[str, Any], **info: Any) -> dict[str, Any]:
    return {"egressId": "EG_1", "status": "EGRESS_COMPLETE", **info, "fileResults": [file] if file else []}


@pytest.mark.parametrize(
    ("told", "length"),
    [
        (_of({"duration": str(MINUTE)}), 60_000),
        (_of({"duration": str(-BEGAN), "startedAt": str(BEGAN), "endedAt": "0"}), None),
        (_of({"duration": str(-BEGAN), "startedAt": str(BEGAN), "endedAt": str(BEGAN + MINUTE)}), 60_000),
        (_of({"duration": str(BEGAN)}, startedAt=str(BEGAN), endedAt=str(BEGAN + MINUTE)), 60_000),
        (_of({"duration": "0"}, startedAt=str(BEGAN), endedAt=str(BEGAN - MINUTE)), None),
        (_of({"startedAt": str(BEGAN), "endedAt": str(2**63 - 1)}), None),
        ({**_of({}), "file": {"duration": str(MINUTE), "size": "5"}}, 60_000),
    ],
)
def test_a_length_is_sane_or_unknown(told: dict[str, Any], length: int | None):
    found = from_hook(told).file
    assert found is not None
    assert found.duration_ms == length


def test_a_negative_size_and_times_before_all_clocks_are_unknown():
    found = from_hook(_of({"size": "-5"}, startedAt="-1", endedAt=str(-(2**62))))
    assert found.file is not None and found.file.size is None
    assert (found.started_at, found.ended_at) == (None, None)
