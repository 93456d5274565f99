"""Tests of the client of Tuya gateways."""
