"""What reading a film costs, beside bare decoding and beside PySceneDetect's own command line."""
