"""storyfilm-tiny: a small CogVLM2-Video that understands StoryFilm and nothing else; its lessons, training and card."""
