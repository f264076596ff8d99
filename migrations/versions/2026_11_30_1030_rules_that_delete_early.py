"""the bucket's rule that may delete a recording before its time"""

import sqlalchemy as sa
from alembic import op

revision = 'e07a4c92b1d8'
down_revision = 'd41b9c07e6f2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column('recordings', sa.Column('early_rule', sa.String(255), nullable=False, server_default=''))


def downgrade() -> None:
    """Take back."""
    op.drop_column('recordings', 'early_rule')
