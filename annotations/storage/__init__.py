"""``labels.db``: how it is opened, brought up to date, shared and written. Knows the rows, not what they are for."""
