"""Reviews: campaigns in which owners confirm or remove, by a date, who has a role in their rooms."""
