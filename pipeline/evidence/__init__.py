"""How well passages and their sentences fit a question, and whether they can answer it."""
