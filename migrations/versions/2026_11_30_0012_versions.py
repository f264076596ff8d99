"""versions of rooms and of how long recordings are kept"""

import sqlalchemy as sa
from alembic import op

revision = '4be1d7a90c35'
down_revision = 'c93f0b7e61d4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; no table is made anew, so nothing that refers to its rows is touched."""
    for table in ('rooms', 'recordings'):
        op.add_column(table, sa.Column('version', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    """Take back."""
    for table in ('recordings', 'rooms'):
        op.drop_column(table, 'version')
