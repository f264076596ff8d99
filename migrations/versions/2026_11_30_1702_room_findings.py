"""the worst finding of each room, as the doctor found it last"""

import sqlalchemy as sa
from alembic import op

revision = 'c3f81d6b20a9'
down_revision = 'a95d7e20c4f1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'room_findings',
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name=op.f('fk_room_findings_room_id_rooms'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('room_id', name=op.f('pk_room_findings')),
    )
    op.create_index('ix_room_findings_place_room_id', 'room_findings', ['place', 'room_id'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('room_findings')
