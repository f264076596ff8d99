"""LiveKit, as Frontdesk asks it: the only code that speaks its protocol."""
