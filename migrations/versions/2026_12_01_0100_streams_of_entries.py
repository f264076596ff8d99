"""how far entries of the audit log were streamed, and since when a place fails"""

import sqlalchemy as sa
from alembic import op

revision = 'd90b6e13a7f5'
down_revision = 'c7418a2f9d36'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column('audit_outlets', sa.Column('hash', sa.String(length=64), server_default='', nullable=False))
    op.add_column('audit_outlets', sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back; places of streams are none that heads are sent to."""
    op.execute("DELETE FROM audit_outlets WHERE name LIKE 'stream:%'")
    with op.batch_alter_table('audit_outlets') as batch:
        batch.drop_column('failing_since')
        batch.drop_column('hash')
