"""which session of the provider a sign-in belongs to, and which logout tokens were taken"""

import sqlalchemy as sa
from alembic import op

revision = '5d02c8e1b7f3'
down_revision = 'e41b7a90c2d8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of sign-ins from before nobody knows the session, so that they end with any of the person's."""
    op.add_column('user_sessions', sa.Column('sid', sa.Text(), server_default='', nullable=False))
    op.create_table(
        'logout_tokens',
        sa.Column('jti_hash', sa.String(length=64), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('jti_hash', name=op.f('pk_logout_tokens')),
    )
    op.create_index(op.f('ix_logout_tokens_expires_at'), 'logout_tokens', ['expires_at'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('logout_tokens')
    op.drop_column('user_sessions', 'sid')
