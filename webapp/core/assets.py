"""Static files are named with the version of their content, so that a browser may keep each as long as it likes."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

LENGTH = 12
VENDOR = "vendor/"  # the names of these hold the version of their package
KEPT = "public, max-age=31536000, immutable"  # as nginx says where it hands them out (deploy/nginx.conf)


def init_app(app: Flask) -> None:
    """Add to each address of a static file that pages hold its version; who asks without one gets the same file."""
    folder = Path(app.static_folder or "")
    versions = {str(path.relative_to(folder)): _version(path) for path in folder.rglob("*") if path.is_file()}

    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (version := versions.get(values.get("filename", ""))):
            values.setdefault("v", version)

    def keep(response: Response) -> Response:
        """Only by the version that it has: what is asked for by an older one came with a page of before."""
        name, asked = str((request.view_args or {}).get("filename")), request.args.get("v")
        same = bool(asked) and (versions.get(name) == asked or name.startswith(VENDOR))
        if request.endpoint == "static" and response.status_code in {200, 304} and same:
            response.headers["Cache-Control"] = KEPT
        return response

    app.url_defaults(add)
    app.after_request(keep)


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:LENGTH]
