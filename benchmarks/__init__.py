"""What is measured, as programs that print ratios of one run. See docs/development/benchmarks.md."""
