"""Training of the embedded classifier: films, emotions, restaurants, and how well each does on what it never saw."""
