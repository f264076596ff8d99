"""the index by which addresses are found that have grown old enough to be shortened"""

from migrations import operations

revision = '5e0c7b92a4d1'
down_revision = 'd90b6e13a7f5'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    whole = "address <> '' AND length(replace(address, '/', '')) = length(address)"
    operations.create_index('ix_audit_entries_whole_address', 'audit_entries', ['at', 'id'], where=whole)


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_audit_entries_whole_address', 'audit_entries')
