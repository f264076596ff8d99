"""Jobs: due work recorded in the database, and the clock that sees to it."""
