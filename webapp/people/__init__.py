"""People, as admins see them: found by their exact address, what they may do, and shutting them out."""
