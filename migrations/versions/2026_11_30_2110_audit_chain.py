"""the chain over the audit log, and by what way a deed was asked for"""

import sqlalchemy as sa
from alembic import op

revision = 'b7e20f9c41d3'
down_revision = 'd0cf0fdf9133'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; entries that are there are sealed by the job, like new ones."""
    op.add_column('audit_entries', sa.Column('origin', sa.String(length=32), nullable=True))
    op.add_column('audit_entries', sa.Column('request_id', sa.String(length=64), server_default='', nullable=False))
    op.create_table(
        'audit_seals',
        sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('entry_id', sa.BigInteger(), nullable=False),
        sa.Column('part', sa.String(length=32), nullable=False),
        sa.Column('salt', sa.String(length=32), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_seals')),
        sa.UniqueConstraint('entry_id', 'part', name=op.f('uq_audit_seals_entry_id')),
    )
    op.create_index(
        'ix_audit_seals_opened',
        'audit_seals',
        ['entry_id'],
        postgresql_where=sa.text("part = 'opened'"),
        sqlite_where=sa.text("part = 'opened'"),
    )
    op.create_table(
        'audit_heads',
        sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('key_id', sa.String(length=16), nullable=False),
        sa.Column('signature', sa.String(length=88), nullable=False),
        sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_heads')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('audit_heads')
    op.drop_table('audit_seals')
    with op.batch_alter_table('audit_entries') as batch:
        batch.drop_column('request_id')
        batch.drop_column('origin')
