"""Access: granting, changing and revoking roles in a room."""
