"""The form's scripts as one: a browser asks for it once, not once for each of some forty files, level after level.

Each file becomes a function with a scope of its own, called in the order of their imports, which make no circle; what
the file exports is what the function returns. Names and lines stay as they are written.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (default )?(?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_ELSE = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(folder: Path, entry: str) -> str:
    """The module ``entry`` of a folder, with all that it imports, as one module that exports its default.

    Raises:
        ValueError: a file imports or exports in a way that isn't one of ours.
    """
    parts: dict[str, str] = {}
    _add(folder, entry, parts)
    return "".join(parts.values()) + f"export default ${entry}.default;\n"


def _add(folder: Path, name: str, parts: dict[str, str]) -> None:
    if name in parts:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _, imported in _IMPORT.findall(source):
        _add(folder, imported, parts)
    exported = ", ".join(f"default: {given}" if default else given for default, given in _EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(_taken, source))
    if other := _ELSE.search(body):
        raise ValueError(f"{name}.js: {other[0]}")
    parts[name] = f"const ${name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _taken(imported: re.Match[str]) -> str:
    return f"const {{{imported[1].replace(' as ', ': ')}}} = ${imported[2]};"
