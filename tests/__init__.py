"""Tests of IoT Gateway."""
