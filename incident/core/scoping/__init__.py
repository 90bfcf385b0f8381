"""Scoping: from what systems recorded to people, what of each was exposed, how certain, and why."""
