"""Versions of the database's schema, and what moves a database between them."""
