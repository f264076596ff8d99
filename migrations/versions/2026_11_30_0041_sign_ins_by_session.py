"""find the sign-ins that belong to a session of the provider"""

from migrations import operations

revision = '9a6be20f4d18'
down_revision = '5d02c8e1b7f3'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    operations.create_index('ix_user_sessions_sid', 'user_sessions', ['sid'], where="sid <> ''")


def downgrade() -> None:
    """Take back."""
    operations.drop_index('ix_user_sessions_sid', 'user_sessions')
