"""What a restaurant is praised for and others are not: Steps A–H, run as a graph of tasks. Weaknesses the same way."""
