"""the index by which recordings come in turn to be compared with the storage"""

from migrations import operations

revision = 'c28f5b7ad914'
down_revision = 'b7d1e60c9a35'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    operations.create_index(
        'ix_recordings_compared',
        'recordings',
        ['compared_at', 'id'],
        where="removed_at IS NULL AND state IN ('saved', 'gone')",
    )


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_recordings_compared', 'recordings')
