"""Online A/B: variants of a profile, who gets which, and a verdict that may be looked at every day."""
