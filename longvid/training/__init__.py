"""Data and training: sets of videos with questions and answers, made from films of one's own, and tuning on them."""
