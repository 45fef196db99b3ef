"""How tasks and suggestions come in: from files, from traces of the chat, from a classifier."""
