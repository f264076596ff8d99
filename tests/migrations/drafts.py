"""Versions that a test writes after the newest shipped one."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from alembic.config import Config
from alembic.script import ScriptDirectory

from webapp.core.schema import MIGRATIONS, configuration

DRAFT = '''"""a draft"""

import sqlalchemy as sa
from alembic import op

from migrations import operations

revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


@dataclass
class Drafts:
    """A folder of versions; they follow each other in the order in which they are written."""

    folder: Path
    newest: str = ""

    def write(self, upgrade: str, downgrade: str = "pass") -> str:
        """Add a version with these bodies; returns its name."""
        before = self.newest or str(ScriptDirectory.from_config(configuration()).get_current_head())
        self.newest = f"draft{len(list(self.folder.glob('*.py')))}"
        names = {"revision": self.newest, "down_revision": before}
        bodies = {"upgrade": indent(upgrade, "    "), "downgrade": indent(downgrade, "    ")}
        (self.folder / f"{self.newest}.py").write_text(DRAFT.format(**names, **bodies))
        return self.newest

    def configuration(self) -> Config:
        """Alembic's configuration of shipped versions and drafts."""
        config = configuration()
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{MIGRATIONS / 'versions'}\n{self.folder}")
        return config
