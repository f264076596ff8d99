"""whether members of a room may watch its recordings"""

import sqlalchemy as sa
from alembic import op

revision = 'd4c8a1f05b72'
down_revision = 'd4c7e19b52a6'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; in rooms that are there they may not, as before."""
    op.add_column('rooms', sa.Column('members_may_watch', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column('rooms', 'members_may_watch')
