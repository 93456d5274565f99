"""Entities exposed to another system: what they offer, how that is converted, and what the user has tied to what.

Nothing here knows of configuration entries' state or of the network.
"""
