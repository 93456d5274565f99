"""Tests of the simulators, each by a client of its own that is written by hand."""
