"""Rooms: durable places for meetings, with a link, an access level and a phone PIN."""
