"""what was found whenever the audit log's chain was followed"""

import sqlalchemy as sa
from alembic import op

revision = 'a48d3c61f20e'
down_revision = 'd05c8a7e13b6'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'audit_verifications',
        sa.Column('started_at', MOMENT, nullable=False),
        sa.Column('told_at', MOMENT, nullable=False),
        sa.Column('ended_at', MOMENT, nullable=True),
        sa.Column('checked', sa.BigInteger(), nullable=False),
        sa.Column('total', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=True),
        sa.Column('problem', sa.String(length=32), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=False),
        sa.Column('entry_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_verifications')),
    )
    op.create_index('ix_audit_verifications_started_at', 'audit_verifications', ['started_at'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('audit_verifications')
