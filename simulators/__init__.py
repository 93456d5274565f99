"""Simulators of the systems that IoT Gateway speaks to: models of documented protocols, not of real products."""
