"""the index by which reveals are found in the long trail"""

from migrations import operations

revision = 'b6d20e95c3f7'
down_revision = 'e07a4c92b1d8'
branch_labels = None
depends_on = None

REVEALED = "action IN ('room.reveal_pin', 'room.reveal_participant')"


def upgrade() -> None:
    """Apply."""
    operations.create_index('ix_audit_entries_revealed', 'audit_entries', ['id'], where=REVEALED)


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_audit_entries_revealed', 'audit_entries')
