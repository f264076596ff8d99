"""Lobby: guests ask, wait, and are admitted or denied."""
