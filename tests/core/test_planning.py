"""PostgreSQL plans a list for whoever asks, however often others asked; what is always the same keeps its plan."""

import sqlalchemy as sa

from tests.plugins.servers import fresh_database
from webapp.core import connections, paging

OFTEN = 12  # psycopg prepares what it saw five times, and PostgreSQL has a plan for all after five more


def test_a_page_of_a_list_is_planned_anew_each_time_and_a_poll_is_not(postgresql_url: str, worker_id: str):
    names = sa.table("names", sa.column("id", sa.Integer), sa.column("owner", sa.Integer))
    poll = sa.select(names.c.owner).where(names.c.id == sa.bindparam("id"))
    order = paging.by_number(names.c.id, lambda row: row.id)
    with fresh_database(postgresql_url, f"planning_{worker_id}") as url:
        engine = connections.postgresql(url)
        with engine.connect() as connection:
            connection.execute(sa.text("CREATE TEMPORARY TABLE names (id INTEGER, owner INTEGER)"))
            for number in range(OFTEN):
                connection.execute(poll, {"id": number})
                mine = sa.select(names).where(names.c.owner == number)
                paging.turn(lambda select: connection.execute(select).all(), mine, order, paging.Place())
            kept = connection.scalars(sa.text("SELECT statement FROM pg_prepared_statements")).all()
        engine.dispose()
    assert [statement for statement in kept if "FROM names" in statement] and not any("LIMIT" in each for each in kept)
