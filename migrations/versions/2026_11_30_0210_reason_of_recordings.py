"""why a recording failed, in the words of LiveKit or the worker"""

import sqlalchemy as sa
from alembic import op

revision = 'a90d35e7f218'
down_revision = 'e3b7a9d40c18'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of recordings from before nobody knows it."""
    op.add_column('recordings', sa.Column('reason', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column('recordings', 'reason')
