"""Where batch work runs: in this process, or on many machines. Knows nothing of what the work is."""
