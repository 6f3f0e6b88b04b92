"""Benchmarks whose questions are answered in words of one's own, so that a judge has to read them."""
