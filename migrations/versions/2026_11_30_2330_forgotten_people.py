"""when somebody was forgotten"""

import sqlalchemy as sa
from alembic import op

revision = 'f4c2a96d07e1'
down_revision = '8c8fe497b641'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; nobody has been forgotten before."""
    op.add_column('users', sa.Column('forgotten_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back; whoever was forgotten stays disabled, without a name or an address."""
    op.drop_column('users', 'forgotten_at')
