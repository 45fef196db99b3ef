"""Models made faster and smaller: exported, quantised, and held against the model they come from before any use."""
