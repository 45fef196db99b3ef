"""An index's vectors on a Milvus server: one collection for each analyser of a build, and what was recorded of it."""
