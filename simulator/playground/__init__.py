"""The playground: pages on which a newcomer is a web participant, a phone caller and a watcher of webhooks."""
