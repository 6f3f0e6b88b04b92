"""Benchmarks of longvid."""
