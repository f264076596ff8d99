"""which mutes of callers are ours"""

import sqlalchemy as sa
from alembic import op

revision = 'c93f0b7e61d4'
down_revision = 'b7d20c4a915e'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; who is held now was muted by us."""
    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.add_column(sa.Column('muted_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE calls SET muted_at = held_at WHERE hold = 'held' AND left_at IS NULL")


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.drop_column('muted_at')
