"""Sentiment, intensity, emotions and aspects of a review: features, heads, clauses, opinions."""
