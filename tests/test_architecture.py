"""Rules of the house that no linter knows."""

import subprocess
import sys

HEAVY = ("torch", "gradio", "streamlit", "fastapi", "jpype")


def loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()}


def test_the_pipeline_loads_neither_torch_nor_any_user_interface() -> None:
    loaded = loaded_by("pipeline.rag")
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)


def test_the_service_loads_neither_torch_nor_java_nor_any_user_interface() -> None:
    assert not loaded_by("pipeline.service") & set(HEAVY)


def test_types_need_the_standard_library_only() -> None:
    loaded = loaded_by("pipeline.types") - loaded_by("json")
    assert not {name for name in loaded if name not in sys.stdlib_module_names} - {"pipeline"}
