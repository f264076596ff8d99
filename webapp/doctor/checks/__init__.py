"""Checks: each looks for one kind of fault in one reading of LiveKit; pure."""
