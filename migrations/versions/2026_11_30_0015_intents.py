"""what became of deeds that LiveKit must do"""

import sqlalchemy as sa
from alembic import op

revision = 'e41b7a90c2d8'
down_revision = '4be1d7a90c35'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; what was recorded until now was recorded after it was done."""
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.add_column(sa.Column('outcome', sa.String(length=32), server_default='done', nullable=False))
        batch_op.add_column(sa.Column('problem', sa.String(length=64), server_default='', nullable=False))
    op.create_table(
        'intents',
        sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('sought', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['entry_id'], ['audit_entries.id'], name=op.f('fk_intents_entry_id_audit_entries'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_intents')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('intents')
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.drop_column('problem')
        batch_op.drop_column('outcome')
