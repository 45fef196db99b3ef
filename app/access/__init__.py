"""Who may do what over HTTP: keys, sessions, limits, headers, the log of administrative acts."""
