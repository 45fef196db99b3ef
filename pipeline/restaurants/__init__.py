"""What an index knows of one restaurant: its reviews, what they judge, shares and trends, a summary with evidence."""
