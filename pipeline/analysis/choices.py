"""How a classifier is chosen: its name and what it needs to be made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassifierChoice:
    """A classifier by name. What a backend has no use for it leaves alone.

    ``domain``: ``restaurant`` or ``film`` (linear). ``endpoint``: an OpenAI-compatible base URL, ``model``: its model
    (llm), a folder (linear: instead of the shipped one; electra: several, with commas between) or a file of settings
    (ensemble, cascade). ``key_variable`` names the environment variable that holds the endpoint's key. ``prompt``: one
    that is shipped, or a file (llm). ``requests`` are under way at once at most, each with ``timeout_s`` seconds.
    """

    name: str = "linear"
    domain: str = "restaurant"
    endpoint: str = ""
    model: str = ""
    key_variable: str = "HANSANG_LLM_KEY"
    prompt: str = "review-1"
    requests: int = 8
    timeout_s: float = 60.0
