"""What a question means for an index: names, places, dates, follow-ups, the shape of the answer."""
