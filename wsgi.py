"""What gunicorn and the `flask` command load: the app with the settings of the environment, or a refusal in words."""

import os
import sys

from pydantic import ValidationError

from webapp import cli, create_app
from webapp.core import revisions
from webapp.setup.command import explain

try:
    app = create_app()
    if cli.serves():
        revisions.require(app.extensions["frontdesk.settings"])
except ValidationError as error:
    if not cli.needs_no_settings(sys.argv):
        sys.exit(explain(error, os.environ))
    app = cli.without_settings()
except revisions.SchemaBehind as refusal:
    sys.exit(str(refusal))
