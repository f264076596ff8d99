"""reviews of access"""

import sqlalchemy as sa
from alembic import op

revision = 'd0cf0fdf9133'
down_revision = 'e2a7c90f51b3'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'campaigns',
        sa.Column('name', sa.String(200), nullable=False),
        sa.Column('state', sa.String(32), nullable=False),
        sa.Column('everywhere', sa.Boolean(), nullable=False),
        sa.Column('at_end', sa.String(32), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('started_by_id', sa.Uuid(), nullable=True),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by_id', sa.Uuid(), nullable=True),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('after', sa.String(32), nullable=False),
        sa.Column('worked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('rooms', sa.Integer(), nullable=False),
        sa.Column('owners', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('confirmed', sa.Integer(), nullable=False),
        sa.Column('removed', sa.Integer(), nullable=False),
        sa.Column('gone', sa.Integer(), nullable=False),
        sa.Column('expired', sa.Integer(), nullable=False),
        sa.Column('evidence_sha256', sa.String(64), nullable=False),
        sa.Column('evidence_size', sa.BigInteger(), nullable=True),
        sa.Column('evidence_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['ended_by_id'], ['users.id'], name='fk_campaigns_ended_by_id_users', ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['started_by_id'], ['users.id'], name='fk_campaigns_started_by_id_users', ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name='pk_campaigns'),
    )
    op.create_index('ix_campaigns_running', 'campaigns', ['state'], postgresql_where=sa.text("state <> 'closed'"), sqlite_where=sa.text("state <> 'closed'"))
    op.create_table(
        'campaign_decisions',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('access_id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(32), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by_id', sa.Uuid(), nullable=False),
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_decisions_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_campaign_decisions'),
    )
    op.create_index('ix_campaign_decisions_campaign_id_id', 'campaign_decisions', ['campaign_id', 'id'])
    op.create_table(
        'campaign_duties',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_duties_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('campaign_id', 'user_id', 'room_id', name='pk_campaign_duties'),
    )
    op.create_index('ix_campaign_duties_room', 'campaign_duties', ['campaign_id', 'room_id'])
    op.create_table(
        'campaign_lines',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('access_id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('role', sa.String(32), nullable=False),
        sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('granted_by_id', sa.Uuid(), nullable=True),
        sa.Column('outcome', sa.String(32), nullable=False),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by_id', sa.Uuid(), nullable=True),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('end_role', sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_lines_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('campaign_id', 'room_id', 'access_id', name='pk_campaign_lines'),
    )
    op.create_index('ix_campaign_lines_outcome', 'campaign_lines', ['campaign_id', 'outcome', 'room_id', 'access_id'])
    op.create_index('ix_campaign_lines_user', 'campaign_lines', ['campaign_id', 'user_id', 'room_id'])
    op.create_table(
        'campaign_owners',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('rooms', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('open', sa.Integer(), nullable=False),
        sa.Column('removed', sa.Integer(), nullable=False),
        sa.Column('permille', sa.Integer(), nullable=False),
        sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('handed_to_id', sa.Uuid(), nullable=True),
        sa.Column('mail_state', sa.String(32), nullable=False),
        sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_owners_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('campaign_id', 'user_id', name='pk_campaign_owners'),
    )
    op.create_index('ix_campaign_owners_permille', 'campaign_owners', ['campaign_id', 'permille', 'user_id'])
    op.create_table(
        'campaign_people',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('email', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_people_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('campaign_id', 'user_id', name='pk_campaign_people'),
    )
    op.create_table(
        'campaign_rooms',
        sa.Column('campaign_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.String(500), nullable=False),
        sa.Column('slug', sa.String(100), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('open', sa.Integer(), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_campaign_rooms_campaign_id_campaigns', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('campaign_id', 'room_id', name='pk_campaign_rooms'),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('campaign_rooms')
    op.drop_table('campaign_people')
    op.drop_table('campaign_owners')
    op.drop_table('campaign_lines')
    op.drop_table('campaign_duties')
    op.drop_table('campaign_decisions')
    op.drop_table('campaigns')
