"""A language model made smaller by llm-compressor, calibrated on our prompts, and what its folder says of itself."""
