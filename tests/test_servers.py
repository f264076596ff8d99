"""The servers that the suite runs against are real, private and empty."""

import psycopg
import redis
import sqlalchemy as sa

from tests.plugins.servers import fresh_database


def test_postgresql_keeps_its_databases_apart(postgresql_url):
    with fresh_database(postgresql_url, "one") as one, fresh_database(postgresql_url, "two") as two:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE kept (number int)")
        with psycopg.connect(two) as connection:
            found = connection.execute("SELECT to_regclass('kept')").fetchone()
    assert found == (None,)


def test_redis_answers_on_its_socket(redis_url):
    client = redis.Redis.from_url(redis_url)
    client.set("frontdesk", "here", ex=5)
    assert client.get("frontdesk") == b"here"
    client.close()


def test_the_run_has_the_database_it_asked_for(database_url, pytestconfig):
    engine = sa.create_engine(database_url)
    assert engine.dialect.name == pytestconfig.getoption("--database")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()
