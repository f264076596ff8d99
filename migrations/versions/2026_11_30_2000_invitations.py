"""invitations, whom they are for, their mails, and addresses that want none"""

import sqlalchemy as sa
from alembic import op

revision = 'd27a90f4c1e8'
down_revision = 'c3f81d6b20a9'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'stopped_addresses',
        sa.Column('address_hash', sa.String(64), nullable=False),
        sa.Column('at', MOMENT, nullable=False),
        sa.PrimaryKeyConstraint('address_hash', name='pk_stopped_addresses'),
    )
    op.create_table(
        'invitations',
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('inviter_id', sa.Uuid(), nullable=True),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('language', sa.String(16), nullable=False),
        sa.Column('timezone', sa.String(64), nullable=False),
        sa.Column('begins_at', MOMENT, nullable=True),
        sa.Column('ends_at', MOMENT, nullable=True),
        sa.Column('role', sa.String(32), nullable=True),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name='fk_invitations_room_id_rooms', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['inviter_id'], ['users.id'], name='fk_invitations_inviter_id_users', ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_invitations'),
    )
    op.create_index('ix_invitations_room_id_id', 'invitations', ['room_id', 'id'])
    op.create_index('ix_invitations_inviter_id', 'invitations', ['inviter_id'])
    op.create_table(
        'invitees',
        sa.Column('invitation_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('email', sa.String(320), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('withdrawn_at', MOMENT, nullable=True),
        sa.Column('accepted_at', MOMENT, nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ['invitation_id'], ['invitations.id'], name='fk_invitees_invitation_id_invitations', ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name='fk_invitees_room_id_rooms', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_invitees'),
        sa.UniqueConstraint('invitation_id', 'email', name='uq_invitees_invitation_id_email'),
    )
    op.create_index('ix_invitees_room_id_id', 'invitees', ['room_id', 'id'])
    op.create_index('ix_invitees_email', 'invitees', ['email'])
    op.create_table(
        'invitation_mails',
        sa.Column('invitee_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('asked_by_id', sa.Uuid(), nullable=True),
        sa.Column('errand', sa.String(32), nullable=False),
        sa.Column('pin_version', sa.Text(), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ['invitee_id'], ['invitees.id'], name='fk_invitation_mails_invitee_id_invitees', ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['room_id'], ['rooms.id'], name='fk_invitation_mails_room_id_rooms', ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['asked_by_id'], ['users.id'], name='fk_invitation_mails_asked_by_id_users', ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_invitation_mails'),
    )
    for name, columns in (
        ('invitee_id_id', ['invitee_id', 'id']),
        ('room_id_created_at', ['room_id', 'created_at']),
        ('asked_by_id_created_at', ['asked_by_id', 'created_at']),
    ):
        op.create_index(f'ix_invitation_mails_{name}', 'invitation_mails', columns)
    with op.batch_alter_table('mails') as batch:
        batch.alter_column('user_id', existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Take back. Mails of invitations go with what they are about: the release before knows no mail without a person."""
    op.execute('DELETE FROM mails WHERE user_id IS NULL')
    with op.batch_alter_table('mails') as batch:
        batch.alter_column('user_id', existing_type=sa.Uuid(), nullable=False)
    for table in ('invitation_mails', 'invitees', 'invitations', 'stopped_addresses'):
        op.drop_table(table)
