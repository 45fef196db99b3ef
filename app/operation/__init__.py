"""Keeping the server up and watching it: request ids, overload, health, metrics, logs, disk, backups."""
