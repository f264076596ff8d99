"""Mails: what goes to whom, its state, and who wants none."""
