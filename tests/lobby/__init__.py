"""The lobby: guests who wait, hosts who decide."""
