"""every move of a recording from state to state, and who reported it"""

import sqlalchemy as sa
from alembic import op

revision = 'b7d1e60c9a35'
down_revision = 'a90d35e7f218'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of recordings from before, only what comes from now on is known."""
    op.add_column(
        'recordings',
        sa.Column('compared_at', sa.DateTime(timezone=True), server_default='1970-01-01 00:00:00', nullable=False),
    )
    op.create_table(
        'recording_transitions',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('recording_id', sa.Uuid(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('from_state', sa.String(length=32), nullable=True),
        sa.Column('to_state', sa.String(length=32), nullable=False),
        sa.Column('reported_by', sa.String(length=32), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=True),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['recording_id'],
            ['recordings.id'],
            name=op.f('fk_recording_transitions_recording_id_recordings'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_recording_transitions_user_id_users'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_recording_transitions')),
    )
    op.create_index('ix_recording_transitions_recording_id_id', 'recording_transitions', ['recording_id', 'id'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('recording_transitions')
    op.drop_column('recordings', 'compared_at')
