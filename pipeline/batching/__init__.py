"""How much is done at once: requests under way, texts in a batch, and what a batch costs in memory."""
