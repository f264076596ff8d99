"""the number by which a caller is known in a meeting"""

import sqlalchemy as sa
from alembic import op

revision = 'e3a95b7f1c48'
down_revision = 'd81f4c02b6e7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; who is inside meanwhile gets a number at the next look."""
    op.add_column('calls', sa.Column('meeting_number', sa.Integer(), nullable=True))
    op.add_column('calls', sa.Column('meeting_sid', sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column('calls', 'meeting_sid')
    op.drop_column('calls', 'meeting_number')
