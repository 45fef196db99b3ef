"""Labels on their way out: from a snapshot to a folder that proves itself, in any of the forms."""
