"""the class by which a bucket expires a recording's object, and legal holds"""

import sqlalchemy as sa
from alembic import op

revision = 'd4a86f1c3e27'
down_revision = 'c28f5b7ad914'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; no object has a tag yet."""
    op.add_column('recordings', sa.Column('tag', sa.String(length=16), server_default='', nullable=False))
    op.add_column('recordings', sa.Column('held_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('recordings', sa.Column('hold_reason', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column('recordings', 'hold_reason')
    op.drop_column('recordings', 'held_at')
    op.drop_column('recordings', 'tag')
