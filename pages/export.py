"""Exports, for administrators: made in the background, downloaded, looked through and checked again."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from annotations.accounts.audit import note_act
from annotations.desk import Desk
from annotations.export.export import DROPPED
from annotations.export.folder import check as check_files
from annotations.export.folder import exports
from annotations.export.form import available, load_form
from annotations.export.types import ExportSettings, Manifest
from annotations.schemes.scheme import load_scheme, schemes
from annotations.types import Account
from pages.export_jobs import Job, Wish, last_job, root_of, start
from pages.place import place
from pages.session import check, checked_later, language
from pipeline.errors.base import HansangError

SHOWN = 20
DROPPED_SHOWN = 200
LOOK_SECONDS = 0.5
_KOREA = ZoneInfo("Asia/Seoul")
_JOB = "hs-export-job"

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("내보내기", "Export"),
    "scheme": ("체계", "Scheme"),
    "form": ("형식", "Form"),
    "basis": ("어떤 답으로", "Which answers"),
    "blind": ("제안을 보기 전의 답", "given before a suggestion was seen"),
    "assisted": ("제안을 본 뒤의 답", "given after a suggestion was seen"),
    "min_answers": ("한 항목에 필요한 답의 수", "Answers an item must have"),
    "min_agreement": ("쌍에 찬성한 몫의 하한", "Least agreement of a pair"),
    "min_margin": ("쌍의 점수 차이의 하한", "Least margin of a pair"),
    "min_score": ("본받을 답변의 점수 하한", "Least grade to imitate"),
    "excel": ("엑셀이 한글을 알아보게 (BOM)", "For Excel (byte order mark)"),
    "make": ("내보내기", "Export"),
    "read": ("읽는 중", "Reading"),
    "write": ("쓰는 중", "Writing"),
    "prove": ("다시 읽어 확인하는 중", "Reading back"),
    "made": (
        "{name} 완성: 기록 {records:,} · 항목 {items:,} · 답 {answers:,}. 다시 읽어 확인했습니다.",
        "{name} is complete: {records:,} records, {items:,} items, {answers:,} answers, proved by being read back.",
    ),
    "earlier": ("지금까지의 내보내기", "Exports so far"),
    "none": (
        "아직 내보낸 것이 없습니다. 위에서 체계와 형식을 골라 내보내세요.",
        "Nothing was exported yet. Choose a scheme and a form above.",
    ),
    "download": ("zip 받기", "Download zip"),
    "check": ("파일 확인", "Check files"),
    "intact": ("모든 파일이 내보낼 때와 같습니다.", "Every file is as it was exported."),
    "dropped": ("뺀 것 {count:,}", "{count:,} left out"),
    "what": (
        "{scheme} {version}판 · 기록 {records:,} · 답 {answers:,}",
        "{scheme} version {version} · {records:,} records · {answers:,} answers",
    ),
    "first": (
        "처음 {shown:,}건만 보입니다. 전부는 zip의 dropped.jsonl에 있습니다.",
        "Only the first {shown:,} are shown; all are in dropped.jsonl of the zip.",
    ),
    "item": ("항목", "Item"),
    "reason": ("이유", "Reason"),
    "part": ("부분", "Part"),
}  # fmt: skip


def _say(key: str, **fields: object) -> str:
    ko, en = _WORDS[key]
    return (ko if language() == "ko" else en).format(**fields)


def render(desk: Desk, account: Account) -> None:
    """The page."""
    st.title(_say("title"), anchor=False)
    with st.container(border=True):
        _order(desk, account)
        _progress(account)
    st.subheader(_say("earlier"), anchor=False)
    found = exports(root_of(desk))
    if not found:
        st.info(_say("none"))
    for folder, manifest in found[:SHOWN]:
        _made(folder, manifest, account)


def _order(desk: Desk, account: Account) -> None:
    left, middle, right = st.columns(3)
    # The scheme that most was done for stands first, and is chosen.
    offered = sorted(schemes(), key=lambda id: -desk.progress(account.name, id).done)
    scheme = left.selectbox(_say("scheme"), offered, format_func=_scheme_title, key="hs-export-scheme")
    form = middle.selectbox(_say("form"), _forms(scheme), format_func=_form_title, key="hs-export-form")
    basis = right.selectbox(_say("basis"), ("blind", "assisted"), format_func=_say, key="hs-export-basis")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        settings = _settings(form, basis)
        st.button(
            _say("make"),
            type="primary",
            key="hs-export-make",
            on_click=_begin,
            args=(Wish(scheme, form, account.name, settings), account),
        )


def _settings(form: str, basis: str) -> ExportSettings:
    """What can be chosen for a form; the others keep what they are."""
    usual = ExportSettings()
    answers = st.number_input(_say("min_answers"), 1, 100, usual.min_answers, key="hs-export-answers", width=220)
    given: dict[str, float] = {}
    for name in {"dpo": ("min_agreement", "min_margin"), "sft": ("min_score",)}.get(form, ()):
        value = getattr(usual, name)
        given[name] = st.number_input(_say(name), 0.0, 1.0, value, 0.05, key=f"hs-export-{name}", width=220)
    excel = form == "csv" and st.checkbox(_say("excel"), value=True, key="hs-export-excel")
    chosen = ExportSettings(basis="assisted" if basis == "assisted" else "blind", min_answers=int(answers), excel=excel)
    return ExportSettings(
        chosen.basis,
        chosen.min_answers,
        given.get("min_agreement", usual.min_agreement),
        given.get("min_margin", usual.min_margin),
        given.get("min_score", usual.min_score),
        chosen.excel,
    )


def _begin(wish: Wish, account: Account) -> None:
    try:
        check(account, "admin")
    except HansangError:
        return  # the run that follows says so
    st.session_state[_JOB] = start(place().desk, wish).folder


def _progress(account: Account) -> None:
    """The export that is being made, by whomever, looked at twice a second; then what came of it."""
    job: Job | None = last_job(place().desk)
    if job is None:
        return
    if job.running:
        st.fragment(_watch, run_every=LOOK_SECONDS)(job, account)
    elif st.session_state.get(_JOB) == job.folder:
        _outcome(job)


def _watch(job: Job, account: Account) -> None:
    check(account, "admin")
    if not job.running:
        st.rerun()
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    st.progress(share, f"{job.folder.name} · {_say(job.stage)} {job.done:,}")


def _outcome(job: Job) -> None:
    if job.error is not None:
        st.error(job.error.korean if language() == "ko" else job.error.english)
    elif job.manifest is not None:
        counts = {name: job.manifest.counts[name] for name in ("records", "items", "answers")}
        st.success(_say("made", name=job.folder.name, **counts))


def _made(folder: Path, manifest: Manifest, account: Account) -> None:
    with st.container(border=True, key=f"hs-made-{folder.name}"):
        counts = manifest.counts
        when = datetime.datetime.fromisoformat(manifest.created).astimezone(_KOREA)
        st.text(
            f"{folder.name}\n{when:%Y-%m-%d %H:%M} · {manifest.by} · {_form_title(manifest.form)} ·"
            f" {_say('what', scheme=manifest.scheme, version=manifest.version, **counts)} ·"
            f" SHA-256 {manifest.records_sha256[:12]}…"
        )
        with st.container(horizontal=True):
            st.download_button(
                _say("download"),
                _packing(folder, manifest, account),
                f"{folder.name}.zip",
                "application/zip",
                on_click="ignore",
                icon=":material/download:",
                key=f"hs-zip-{folder.name}",
            )
            if st.button(_say("check"), icon=":material/verified:", key=f"hs-check-{folder.name}"):
                _check(folder, account)
        if counts["dropped"]:
            with st.expander(_say("dropped", count=counts["dropped"])):
                _dropped(folder, manifest.dropped)


def _packing(folder: Path, manifest: Manifest, account: Account) -> Callable[[], bytes]:
    """What runs when somebody downloads: it is looked at again whether they may, and noted that they did."""
    check_again = checked_later(account, "admin")

    def pack() -> bytes:
        check_again()
        place().desk.writer.write(lambda db: note_act(db, "export-downloaded", account.name, folder.name))
        return zipped(folder, manifest)

    return pack


def zipped(folder: Path, manifest: Manifest) -> bytes:
    """An export as a zip file: the files that its manifest names, and the manifest, in a folder of its name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in (*manifest.files, "manifest.json"):
            file.write(folder / name, f"{folder.name}/{name}")
    return packed.getvalue()


def _check(folder: Path, account: Account) -> None:
    try:
        check(account, "admin")
        check_files(folder)
    except HansangError as error:
        st.error(error.korean if language() == "ko" else error.english)
    else:
        st.success(_say("intact"))


def _dropped(folder: Path, reasons: Mapping[str, int]) -> None:
    st.text(" · ".join(f"{code} {count:,}" for code, count in reasons.items()))
    with (folder / DROPPED).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, DROPPED_SHOWN)]
    told = "ko" if language() == "ko" else "en"
    shown = [{_say("item"): row["id"], _say("part"): row["field"], _say("reason"): row[told]} for row in rows]
    st.dataframe(shown, hide_index=True, width="stretch")
    if sum(reasons.values()) > len(rows):
        st.caption(_say("first", shown=len(rows)))


def _forms(scheme: str) -> list[str]:
    chosen = load_scheme(scheme)
    return [name for name in available() if load_form(name).unfit(chosen) is None]


def _scheme_title(id: str) -> str:
    title = load_scheme(id).title
    return title.ko if language() == "ko" else title.en


def _form_title(name: str) -> str:
    title = load_form(name).TITLE
    return f"{name} · {title.ko if language() == 'ko' else title.en}"
