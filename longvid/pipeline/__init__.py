"""The way of one film: from its file to chunks and clips, through the strategy, to its outputs."""
