"""Fixtures of the whole suite."""

pytest_plugins = ["tests.plugins.components", "tests.plugins.servers"]
