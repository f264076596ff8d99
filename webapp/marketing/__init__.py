"""Marketing: who is told of news by a service outside, once, and only where the installation wants that."""
