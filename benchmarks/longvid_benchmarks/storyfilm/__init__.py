"""Generated films whose whole story is known: world, pictures, gold, checks and a scorer without a language model."""
