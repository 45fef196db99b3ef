"""How good the labels are: agreement, gold, drift, the pull of suggestions. Pure: from snapshots to figures."""
