"""Sign-in, sessions and the account page."""
