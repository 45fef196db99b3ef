"""Backends that say of reviews how they judge. One module is one backend; each makes its objects with ``load``."""
