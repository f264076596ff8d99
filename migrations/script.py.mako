"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# Read what was written below, then delete these lines.
# - The release before runs on the new tables while servers are replaced: add first, take away one release later.
#   A new column is nullable or has a server_default, and the model has the same one.
# - Tables have rows: a new NOT NULL, unique index or constraint says what becomes of rows that do not fulfil it.
# - Whatever reads or locks a large table for long (an index, a foreign key, a check, NOT NULL) is a function of
#   migrations/operations.py, in a version of its own that does nothing else. A new table takes plain operations.
# - Many rows are changed in pieces, by key, in a version of their own.
# - On SQLite all but adding columns and indexes makes the table anew (op.batch_alter_table) and forgets its CHECKs:
#   name them in table_args. Foreign keys are off meanwhile, and checked after each version.
# - It imports nothing of webapp and uses no model: the code of today is not the code that it will run beside.
# - downgrade() takes back exactly this, and keeps every row of tables that stay.
# - What was released is never edited; a mistake is mended by the next version.


def upgrade() -> None:
    """Apply."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take back."""
    ${downgrades if downgrades else "pass"}
