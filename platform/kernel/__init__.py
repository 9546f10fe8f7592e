"""The ground floor: registry, errors, context, clock, identifiers, events, messages.

Standard library only. Everything above may import from here; this imports nothing of ours.
"""
