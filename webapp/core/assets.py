"""Static files are named with the version of their content, so that a browser may keep each as long as it likes."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask

LENGTH = 12


def init_app(app: Flask) -> None:
    """Add to each address of a static file that pages hold its version; who asks without one gets the same file."""
    folder = Path(app.static_folder or "")
    versions = {str(path.relative_to(folder)): _version(path) for path in folder.rglob("*") if path.is_file()}

    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (version := versions.get(values.get("filename", ""))):
            values.setdefault("v", version)

    app.url_defaults(add)


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:LENGTH]
