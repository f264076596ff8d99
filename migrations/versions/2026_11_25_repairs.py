"""repairs"""

import sqlalchemy as sa
from alembic import op

revision = '8a41d6f0c2e7'
down_revision = '5d0c7a9e41b2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('repair_runs',
    sa.Column('scope', sa.String(length=64), nullable=False),
    sa.Column('ticket', sa.String(length=64), nullable=False),
    sa.Column('started_by_id', sa.Uuid(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('already_so', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['started_by_id'], ['users.id'], name=op.f('fk_repair_runs_started_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_repair_runs'))
    )
    op.create_table('repair_items',
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fact', sa.JSON(), nullable=False),
    sa.Column('result', sa.Enum('waiting', 'done', 'already_so', 'failed', 'skipped', name='result', native_enum=False, length=32), nullable=False),
    sa.Column('problem', sa.String(length=64), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['repair_runs.id'], name=op.f('fk_repair_items_run_id_repair_runs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', 'position', name=op.f('pk_repair_items'))
    )
    op.create_index('ix_repair_items_run_id_result_position', 'repair_items', ['run_id', 'result', 'position'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_repair_items_run_id_result_position', table_name='repair_items')
    op.drop_table('repair_items')
    op.drop_table('repair_runs')
