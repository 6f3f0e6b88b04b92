"""storyfilm-tiny: a small CogVLM2-Video that understands StoryFilm and nothing else; examples, training and card."""
