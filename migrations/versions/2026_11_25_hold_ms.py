"""how long a hold took"""

import sqlalchemy as sa
from alembic import op

revision = 'b7d20c4a915e'
down_revision = '5b0c1e8f6a27'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.add_column(sa.Column('hold_ms', sa.Integer(), nullable=True))
        batch_op.create_index('ix_calls_inside', ['participant_sid'], unique=False, postgresql_where=sa.text("left_at IS NULL"), sqlite_where=sa.text("left_at IS NULL"))
        batch_op.create_index('ix_calls_hold_ms', ['id'], unique=False, postgresql_where=sa.text("hold_ms IS NOT NULL"), sqlite_where=sa.text("hold_ms IS NOT NULL"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('calls', schema=None) as batch_op:
        batch_op.drop_index('ix_calls_hold_ms', postgresql_where=sa.text("hold_ms IS NOT NULL"), sqlite_where=sa.text("hold_ms IS NOT NULL"))
        batch_op.drop_index('ix_calls_inside', postgresql_where=sa.text("left_at IS NULL"), sqlite_where=sa.text("left_at IS NULL"))
        batch_op.drop_column('hold_ms')
