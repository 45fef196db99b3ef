"""The chat page: a question, its answer, and everything behind the answer."""
