"""MVBench's kinds of question made of a user's own annotations, in MVBench's layout."""
