"""What 8 and 4 bits cost: memory and time of checkpoints of any depth, and how far answers move from full precision."""
