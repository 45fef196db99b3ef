"""Labels and grades over SQLite. May import pipeline.types and pipeline.traces, nothing else of the pipeline."""
