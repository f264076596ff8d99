"""mails on their way, and who wants none"""

import sqlalchemy as sa
from alembic import op

revision = 'd4c7e19b52a6'
down_revision = 'd4a86f1c3e27'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'mail_choices',
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('topic', sa.String(length=32), nullable=False),
        sa.Column('off_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mail_choices_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('user_id', 'topic', name=op.f('pk_mail_choices')),
    )
    op.create_table(
        'mails',
        sa.Column('kind', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('about_id', sa.Uuid(), nullable=False),
        sa.Column('deadline', MOMENT, nullable=True),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('again', sa.Integer(), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('due_at', MOMENT, nullable=False),
        sa.Column('tried_at', MOMENT, nullable=True),
        sa.Column('ended_at', MOMENT, nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mails_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mails')),
        sa.UniqueConstraint('key', name=op.f('uq_mails_key')),
    )
    op.create_index('ix_mails_about_id_user_id', 'mails', ['about_id', 'user_id'])
    op.create_index(
        'ix_mails_ended_at',
        'mails',
        ['ended_at'],
        postgresql_where=sa.text('ended_at IS NOT NULL'),
        sqlite_where=sa.text('ended_at IS NOT NULL'),
    )
    op.create_index(op.f('ix_mails_user_id'), 'mails', ['user_id'])


def downgrade() -> None:
    """Take back."""
    op.drop_table('mails')
    op.drop_table('mail_choices')
