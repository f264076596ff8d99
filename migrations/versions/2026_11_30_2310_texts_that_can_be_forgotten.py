"""texts of the audit log that can be forgotten without breaking its chain"""

import sqlalchemy as sa
from alembic import op

revision = '6580becf0bcb'
down_revision = 'e91b5a07d4c8'
branch_labels = None
depends_on = None

COMMITMENTS = ('reason_commitment', 'details_commitment')


def upgrade() -> None:
    """Apply."""
    op.add_column('audit_seals', sa.Column('forgotten', sa.Uuid(), nullable=True))
    for name in COMMITMENTS:
        op.add_column('audit_seals', sa.Column(name, sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    """Take back; the chain is broken then where somebody was forgotten, for what was sealed there is known no longer."""
    with op.batch_alter_table('audit_seals') as batch:
        for name in COMMITMENTS:
            batch.drop_column(name)
        batch.drop_column('forgotten')
