"""Telephony: trunks, dispatch rules, and making LiveKit agree with what rooms want."""
