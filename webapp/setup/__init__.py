"""The check list of the installation: what works, what does not, what cannot be told, and how to mend it."""
