"""The desk: what needs me now."""
