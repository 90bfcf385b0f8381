"""Room and hands for large evidence: a private directory to spill to, and processes to share the work."""
