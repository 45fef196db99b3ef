"""Whether a file of labels is whole, and copies of it that can be trusted."""
