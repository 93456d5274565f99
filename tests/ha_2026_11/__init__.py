"""Tests in Home Assistant 2026.11, which the test harness does not support yet: in .venv-demo, by scripts/test."""
