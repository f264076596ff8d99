"""gunicorn's settings for Frontdesk: threads, because requests wait for the database and for LiveKit."""

worker_class = "gthread"
threads = 8
graceful_timeout = 10
keepalive = 5
control_socket_disable = True  # would be opened in the home folder, which a service user may not have
