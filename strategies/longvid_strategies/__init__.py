"""Merge strategies that ship with longvid: one a file, each knowing only `longvid.strategy`."""
