"""Tests of the TuyaLink client."""
