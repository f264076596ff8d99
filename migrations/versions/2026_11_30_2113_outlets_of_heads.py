"""where the heads of the audit log's chain are sent"""

import sqlalchemy as sa
from alembic import op

revision = 'e91b5a07d4c8'
down_revision = 'a48d3c61f20e'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'audit_outlets',
        sa.Column('name', sa.String(length=16), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=False),
        sa.Column('head', sa.JSON(), nullable=False),
        sa.Column('sent_at', MOMENT, nullable=True),
        sa.Column('tried_at', MOMENT, nullable=True),
        sa.Column('problem', sa.String(length=32), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_audit_outlets')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('audit_outlets')
