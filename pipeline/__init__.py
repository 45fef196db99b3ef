"""The product's head: from reviews to an answer whose every step can be seen. Knows nothing of any user interface."""
