"""`longvid bench tqa`: how right the questions about change are that are made of films whose story is known."""
