"""One tree of errors. Each has a code, a Korean sentence that names what, where and the cure, and an English one beside it.

``exit_code`` is what the command line returns, ``status`` what HTTP returns.
"""
