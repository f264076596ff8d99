"""where requests in the lobby come from, and how many were refused from there"""

import sqlalchemy as sa
from alembic import op

revision = 'c7f1d83a5e20'
down_revision = 'c5a1f0e7b392'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of requests from before nobody knows where they came from, and they count for no address."""
    for column in ('asked_from', 'network'):
        op.add_column('lobby_entries', sa.Column(column, sa.String(length=32), server_default='', nullable=False))
    op.create_table(
        'lobby_refusals',
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('asked_from', sa.String(length=32), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['room_id'], ['rooms.id'], name=op.f('fk_lobby_refusals_room_id_rooms'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('room_id', 'asked_from', name=op.f('pk_lobby_refusals')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('lobby_refusals')
    for column in ('network', 'asked_from'):
        op.drop_column('lobby_entries', column)
