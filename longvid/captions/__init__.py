"""What is said of chunks, as data: events, and caption files from elsewhere."""
