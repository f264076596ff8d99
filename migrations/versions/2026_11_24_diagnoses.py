"""diagnoses"""

import sqlalchemy as sa
from alembic import op

revision = '5d0c7a9e41b2'
down_revision = 'cb1a849bdb8d'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('diagnoses',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outages', sa.Integer(), nullable=False),
    sa.Column('errors', sa.Integer(), nullable=False),
    sa.Column('warnings', sa.Integer(), nullable=False),
    sa.Column('notes', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnoses'))
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('diagnoses')
