"""entries of the audit log that no account takes along"""

import sqlalchemy as sa
from alembic import op

revision = 'd05c8a7e13b6'
down_revision = 'b7e20f9c41d3'
branch_labels = None
depends_on = None

NAME = 'fk_audit_entries_user_id_users'


def upgrade() -> None:
    """Apply: an account that is deleted no longer empties the entry, which the chain holds."""
    if NAME in {key['name'] for key in sa.inspect(op.get_bind()).get_foreign_keys('audit_entries')}:
        with op.batch_alter_table('audit_entries') as batch:
            batch.drop_constraint(op.f(NAME), type_='foreignkey')


def downgrade() -> None:
    """Leave it out: it would demand that entries forget whoever has gone since. Nothing needs it."""
