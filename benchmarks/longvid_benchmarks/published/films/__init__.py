"""Questions about long films: MovieChat-1K, SF20K, MF2, and the two tasks of MLVU that are answered in sentences."""
