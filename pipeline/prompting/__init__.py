"""What a language model is asked: prompts as files with versions, sources fenced as data, the budget of tokens."""
