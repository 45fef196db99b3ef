"""Long work beside the server: each job a process of its own, remembered in ``jobs.db``."""
