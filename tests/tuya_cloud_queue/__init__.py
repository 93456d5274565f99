"""Tests of the message queue of a Tuya cloud project."""
