"""`longvid bench ask`: how many questions to films whose story is known are answered right."""
