"""Models of one command on several machines: workers that open them and answer, and the one who asks them all."""
