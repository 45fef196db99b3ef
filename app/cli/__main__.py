"""``python -m app.cli``: the same as ``hansang``."""

from app.cli.main import main

main()
