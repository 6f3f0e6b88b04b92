"""Published benchmarks, run by their published protocols: MVBench, from files on this machine."""
