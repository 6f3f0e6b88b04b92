"""`longvid bench merge`: every merge strategy on the same evidence, within the same words and tokens, scored alike."""
