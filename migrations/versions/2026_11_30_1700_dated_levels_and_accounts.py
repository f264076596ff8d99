"""access levels, staff roles and disabled accounts as dated rows, from now on"""

import sqlalchemy as sa
from alembic import op

revision = 'f3a81c6d02b7'
down_revision = 'b6d20e95c3f7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Where there is somebody already, what held before now is not known."""
    op.create_table(
        'level_changes',
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('before', sa.String(32), nullable=False),
        sa.Column('after', sa.String(32), nullable=False),
        sa.Column('changed_by_id', sa.Uuid(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name='fk_level_changes_room_id_rooms', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['changed_by_id'], ['users.id'], name='fk_level_changes_changed_by_id_users', ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_level_changes'),
    )
    op.create_index('ix_level_changes_room_id_at', 'level_changes', ['room_id', 'at'])
    op.create_table(
        'account_changes',
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('staff_before', sa.String(32), nullable=False),
        sa.Column('staff_after', sa.String(32), nullable=False),
        sa.Column('disabled_before', sa.Boolean(), nullable=False),
        sa.Column('disabled_after', sa.Boolean(), nullable=False),
        sa.Column('changed_by_id', sa.Uuid(), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_account_changes_user_id_users', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['changed_by_id'], ['users.id'], name='fk_account_changes_changed_by_id_users', ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_account_changes'),
    )
    op.create_index('ix_account_changes_user_id_at', 'account_changes', ['user_id', 'at'])
    op.create_table(
        'beginnings',
        sa.Column('what', sa.String(32), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('what', name='pk_beginnings'),
    )
    op.execute(
        "INSERT INTO beginnings (what, at) "
        "SELECT 'levels_and_accounts', CURRENT_TIMESTAMP WHERE EXISTS (SELECT 1 FROM users)"
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('beginnings')
    op.drop_table('account_changes')
    op.drop_table('level_changes')
