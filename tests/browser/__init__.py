"""The integration in a real Home Assistant with its own frontend, in headless Chromium, as a person uses it."""
