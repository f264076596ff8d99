"""indexes by which accesses of a past date, and changes between two, are found"""

from migrations import operations

revision = 'a95d7e20c4f1'
down_revision = 'f3a81c6d02b7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    operations.create_index('ix_accesses_room_and_user', 'accesses', ['room_id', 'user_id'])
    operations.create_index('ix_accesses_user_and_room', 'accesses', ['user_id', 'room_id'])
    operations.create_index('ix_accesses_granted_at', 'accesses', ['granted_at'])
    operations.create_index('ix_accesses_revoked_at', 'accesses', ['revoked_at'], where='revoked_at IS NOT NULL')


def downgrade() -> None:
    """Take back."""
    for what in ('revoked_at', 'granted_at', 'user_and_room', 'room_and_user'):
        operations.drop_index(f'ix_accesses_{what}', 'accesses')
