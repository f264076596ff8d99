"""Which rule takes this call? LiveKit's own matching, told step by step, with the field to change."""
