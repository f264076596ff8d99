"""which installation's rules are ours, by the addresses at which the database is used"""

import sqlalchemy as sa
from alembic import op

revision = 'e3b7a9d40c18'
down_revision = 'e3a95b7f1c48'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the id is made at the first use, because a migration knows no address."""
    op.create_table(
        'installations',
        sa.Column('livekit_url', sa.String(length=500), nullable=False),
        sa.Column('public_url', sa.String(length=500), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('livekit_url', 'public_url', 'id', name=op.f('pk_installations')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('installations')
