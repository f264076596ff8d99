"""a caller who waits, and for whom LiveKit ended another call of the same number"""

import sqlalchemy as sa
from alembic import op

revision = 'd81f4c02b6e7'
down_revision = '7c2e90f4ab15'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        'lobby_entries', sa.Column('ended_another', sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column('lobby_entries', 'ended_another')
