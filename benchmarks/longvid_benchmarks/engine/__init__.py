"""`longvid bench engine`: what watching costs, stage by stage, beside what the device could do."""
