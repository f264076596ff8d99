"""The doctor: one reading of LiveKit beside our rows, and what is wrong with trunks and rules."""
