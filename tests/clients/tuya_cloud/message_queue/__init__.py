"""Tests of the message queue's client, against frames written by hand and a peer that a test scripts."""
