"""A perfect language model for generated films: it answers every prompt from the story that is known."""
