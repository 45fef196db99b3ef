"""The HTTP door: a module for every family of routes, put together in ``application``."""
