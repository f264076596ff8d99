"""Finding anything from everywhere."""
