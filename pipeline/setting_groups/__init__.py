"""The groups of settings, by what they are about. ``pipeline.settings`` puts them together."""
