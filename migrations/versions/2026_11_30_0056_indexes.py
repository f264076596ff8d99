"""indexes for forgetting and listing deliveries, and for counting calls"""

from migrations import operations

revision = '7c2e90f4ab15'
down_revision = 'c7f1d83a5e20'
branch_labels = None
depends_on = None

INDEXES = (
    ('ix_deliveries_received_at', 'deliveries', ('received_at',)),
    ('ix_deliveries_event_and_id', 'deliveries', ('event', 'id')),
    ('ix_calls_trunk_id_came_at', 'calls', ('trunk_id', 'came_at')),
    ('ix_calls_verdicts', 'calls', ('came_at', 'outcome', 'hold', 'left_at')),
)


def upgrade() -> None:
    """Apply, while the tables are written."""
    for name, table, columns in INDEXES:
        operations.create_index(name, table, columns)


def downgrade() -> None:
    """Take back."""
    for name, table, _columns in INDEXES:
        operations.drop_index(name, table)
