"""Who may work here and how they get in: accounts, passwords, sessions, keys of programs, the log of admins' acts."""
