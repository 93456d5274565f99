"""Cameras behind an X-P2P agent."""
