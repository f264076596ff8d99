"""Tests about one kind of database alone."""

import pytest

on_sqlite = pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
