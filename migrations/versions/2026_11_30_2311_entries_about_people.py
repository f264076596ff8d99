"""the index by which entries about a person are found in the long trail"""

from migrations import operations

revision = 'e56fc8dae7d2'
down_revision = '6580becf0bcb'
branch_labels = None
depends_on = None

ABOUT_PEOPLE = "target_kind = 'user' AND action NOT IN ('user.sign_in', 'user.sign_out')"


def upgrade() -> None:
    """Apply."""
    operations.create_index(
        'ix_audit_entries_about_people', 'audit_entries', ['target_id', 'id'], where=ABOUT_PEOPLE
    )


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_audit_entries_about_people', 'audit_entries')
