"""What gunicorn and the `flask` command load: the app with the settings of the environment, or a refusal in words."""

import os
import sys

from pydantic import ValidationError

from webapp import create_app
from webapp.check import explain

try:
    app = create_app()
except ValidationError as error:
    sys.exit(explain(error, os.environ))
