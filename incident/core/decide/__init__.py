"""Commands as pure functions: (state, who, when, what) in, events out.

A refusal is raised as RefusedError, or, where the attempt itself must be remembered, returned as an event whose
class says `REFUSES`; the caller appends it and then refuses.
"""
