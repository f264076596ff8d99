"""trunk moves"""

import sqlalchemy as sa
from alembic import op

revision = '5b0c1e8f6a27'
down_revision = '8a41d6f0c2e7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('trunk_moves',
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('target', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('running', 'stopped', 'done', name='movestate', native_enum=False, length=32), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('renewed', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('quota', sa.JSON(), nullable=False),
    sa.Column('after', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['started_by_id'], ['users.id'], name=op.f('fk_trunk_moves_started_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trunk_moves'))
    )
    with op.batch_alter_table('trunk_moves', schema=None) as batch_op:
        batch_op.create_index('uq_trunk_moves_running', ['state'], unique=True, postgresql_where=sa.text("state = 'running'"), sqlite_where=sa.text("state = 'running'"))

    op.create_table('moved_rooms',
    sa.Column('move_id', sa.Uuid(), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('result', sa.Enum('kept', 'renewed', 'failed', name='moved', native_enum=False, length=32), nullable=False),
    sa.Column('problem', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['move_id'], ['trunk_moves.id'], name=op.f('fk_moved_rooms_move_id_trunk_moves'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('move_id', 'room_id', name=op.f('pk_moved_rooms'))
    )
    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.create_index('ix_rooms_old_pin', ['old_pin_until'], unique=False, postgresql_where=sa.text('old_pin_until IS NOT NULL'), sqlite_where=sa.text('old_pin_until IS NOT NULL'))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.drop_index('ix_rooms_old_pin', postgresql_where=sa.text('old_pin_until IS NOT NULL'), sqlite_where=sa.text('old_pin_until IS NOT NULL'))

    op.drop_table('moved_rooms')
    with op.batch_alter_table('trunk_moves', schema=None) as batch_op:
        batch_op.drop_index('uq_trunk_moves_running', postgresql_where=sa.text("state = 'running'"), sqlite_where=sa.text("state = 'running'"))
    op.drop_table('trunk_moves')
