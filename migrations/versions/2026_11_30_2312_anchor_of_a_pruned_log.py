"""from where the audit log's chain is followed after the oldest entries were deleted"""

import sqlalchemy as sa
from alembic import op

revision = '8c8fe497b641'
down_revision = 'e56fc8dae7d2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'audit_anchors',
        sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('pruned_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('key_id', sa.String(length=16), nullable=False),
        sa.Column('signature', sa.String(length=88), nullable=False),
        sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_anchors')),
    )


def downgrade() -> None:
    """Take back; a log that was pruned is broken at its beginning then."""
    op.drop_table('audit_anchors')
