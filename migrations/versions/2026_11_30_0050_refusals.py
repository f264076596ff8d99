"""who knocked and was refused, counted"""

import sqlalchemy as sa
from alembic import op

revision = 'c5a1f0e7b392'
down_revision = '9a6be20f4d18'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'refusals',
        sa.Column('door', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.String(length=32), nullable=False),
        sa.Column('minute', sa.BigInteger(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('door', 'reason', 'minute', name=op.f('pk_refusals')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('refusals')
