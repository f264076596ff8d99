"""Repairs of what the doctor found: planned, shown as a dry run, done one by one or many in a run of their own."""
