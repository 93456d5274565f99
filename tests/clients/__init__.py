"""Tests of the protocol clients, without Home Assistant."""
