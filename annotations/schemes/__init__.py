"""What may be said of a task. A TOML file and its guideline here are a scheme; the modules check labels against it."""
