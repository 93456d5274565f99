"""Tests of the client of Tencent's IoT Video."""
