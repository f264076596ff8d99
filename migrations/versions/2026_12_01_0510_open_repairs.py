"""repairs that a crash left open wait for the sweep, as other deeds do"""

import sqlalchemy as sa
from alembic import op

revision = '8b41f6d0c37a'
down_revision = '5e0c7b92a4d1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(sa.text(
        "INSERT INTO intents (entry_id, sought) SELECT id, '' FROM audit_entries "
        "WHERE action = 'rule.repair' AND outcome = 'not_confirmed' "
        "AND NOT EXISTS (SELECT 1 FROM intents WHERE intents.entry_id = audit_entries.id)"
    ))


def downgrade() -> None:
    """Take back."""
    op.execute(sa.text(
        "DELETE FROM intents WHERE entry_id IN (SELECT id FROM audit_entries WHERE action = 'rule.repair')"
    ))
