"""Hooks: what LiveKit and the object store tell us, kept before it is acted on."""
