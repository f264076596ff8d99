"""the indexes by which a long list of recordings is filtered, counted and sorted"""

from migrations import operations

revision = 'd41b9c07e6f2'
down_revision = 'd4c8a1f05b72'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    operations.create_index('ix_recordings_expires_at_id', 'recordings', ['expires_at', 'id'])
    operations.create_index('ix_recordings_size_id', 'recordings', ['size', 'id'])
    operations.create_index('ix_recordings_duration_ms_id', 'recordings', ['duration_ms', 'id'])
    operations.create_index('ix_recordings_mode_id', 'recordings', ['mode', 'id'])
    operations.create_index(
        'ix_recordings_failed', 'recordings', ['id'], where="state IN ('failed', 'aborted', 'gone')"
    )
    operations.drop_index('ix_recordings_expires_at', 'recordings')


def downgrade() -> None:
    """Take back."""
    operations.create_index('ix_recordings_expires_at', 'recordings', ['expires_at'])
    for name in ('failed', 'mode_id', 'duration_ms_id', 'size_id', 'expires_at_id'):
        operations.drop_index(f'ix_recordings_{name}', 'recordings')
