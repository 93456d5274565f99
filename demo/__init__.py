"""The demo: simulated systems, and a real Home Assistant with its own frontend that this integration is set up in.

`scripts/demo` runs it for people; the browser tests use the same code. It does everything through the doors that people use:
the flows, the registries and the dashboard by Home Assistant's own API.
"""
