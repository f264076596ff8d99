"""Why a recording failed, from what LiveKit or the egress worker says: a code.

The phrases are those of egress (pkg/errors, GStreamer, the object stores' libraries) and of the system it runs on.
"""

from collections.abc import Mapping

# The first that fits wins: an upload that is denied is the store's refusal, not the disk's.
PHRASES: Mapping[str, tuple[str, ...]] = {
    "disk_full": ("no space left", "disk quota exceeded", "disk full", "not enough space"),
    "upload_failed": ("upload", "accessdenied", "nosuchbucket", "invalidaccesskey", "signaturedoesnotmatch",
                      "access key", "s3:", "azure", "gcp", "storage.googleapis", "putobject", "bucket"),
    "not_writable": ("permission denied", "read-only file system", "operation not permitted", "access is denied"),
    "folder_missing": ("no such file or directory", "not a directory"),
    "worker_incomplete": ("executable file not found", "could not create element", "failed to link", "no element",
                          "missing plugin", "exec:", "failed to create display", "failed to launch"),
    "worker_overloaded": ("cpu exhausted", "not enough cpu", "oom:", "out of memory", "resource exhausted",
                          "resource_exhausted", "pipeline frozen"),
    "worker_stopped": ("shutting down", "terminated", "killed", "process failed"),
    "worker_alone": ("start signal not received", "could not establish signal connection", "page load error",
                     "could not connect", "failed to connect", "connection refused", "no such host", "i/o timeout",
                     "room disconnected", "template", "dial tcp"),
}  # fmt: skip
CODES = tuple(PHRASES)


def code_of(said: str, otherwise: str) -> str:
    """The code of what was said, or `otherwise` where no phrase of it is known."""
    lower = said.lower()
    return next((code for code, phrases in PHRASES.items() if any(phrase in lower for phrase in phrases)), otherwise)
