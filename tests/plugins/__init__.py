"""Plugins of the test suite: the servers it runs against."""
