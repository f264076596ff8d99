"""the index by which the entries of one request are found in the long trail"""

from migrations import operations

revision = 'c7418a2f9d36'
down_revision = 'f4c2a96d07e1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    columns = ['request_id', 'id']
    operations.create_index('ix_audit_entries_request_id', 'audit_entries', columns, where="request_id <> ''")


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_audit_entries_request_id', 'audit_entries')
