"""Believable data for demo, bench and trials: fictional people, their rooms and what happened in them."""
