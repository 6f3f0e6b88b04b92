"""How many frames, how long a chunk, which frames, which labels: what a model tells of generated films in each way."""
