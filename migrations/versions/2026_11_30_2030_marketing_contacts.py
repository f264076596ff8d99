"""who was offered to the marketing service, and what came of it"""

import sqlalchemy as sa
from alembic import op

revision = 'e2a7c90f51b3'
down_revision = 'd27a90f4c1e8'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'marketing_contacts',
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('due_at', MOMENT, nullable=False),
        sa.Column('ended_at', MOMENT, nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_marketing_contacts_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_marketing_contacts')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('marketing_contacts')
