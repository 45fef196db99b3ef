"""Exports of labels that can't be made, and folders that hold none."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, MachineError, NotFound


class FormNotFound(NotFound):
    """No form of export of that name."""

    code = "form-not-found"
    exit_code = 2
    status = 422
    ko = "'{name}'이라는 내보내기 형식이 없습니다. 쓸 수 있는 형식: {known}"
    en = "There is no form of export '{name}'. Available: {known}"


class FormUnfit(InputError):
    """A form of export that a label scheme has nothing for."""

    code = "form-unfit"
    ko = "'{scheme}' 체계는 {form} 형식으로 내보낼 수 없습니다: {reason}. 다른 형식이나 체계를 고르세요."
    en = "Scheme '{scheme}' can't be exported as {form}: {reason_en}. Choose another form or scheme."


class NothingToExport(InputError):
    """An export without a single record."""

    code = "nothing-to-export"
    status = 409
    ko = "내보낼 것이 없습니다. 빠진 {dropped:,}건의 이유: {reasons}. 라벨링을 더 하거나 조건(--min-answers, --min-agreement, --min-margin, --min-score)을 낮추세요."
    en = "There is nothing to export. {dropped:,} left out, by reason: {reasons}. Label more, or lower --min-answers, --min-agreement, --min-margin or --min-score."


class ExportExists(Conflict):
    """A folder for an export that has something in it already."""

    code = "export-exists"
    ko = "{path}에 이미 파일이 있습니다. 덮어쓰지 않으니 `--out`으로 새 폴더를 정하세요."
    en = "There are files in {path} already, and they are not overwritten. Name a new folder with `--out`."


class ExportNotProven(MachineError):
    """An export that reads back differently from what was written."""

    code = "export-not-proven"
    ko = "내보낸 파일({form})을 다시 읽으니 쓴 것과 다릅니다({detail}). 폴더를 남기지 않았습니다. 저장 장치를 점검하고 다시 하세요."
    en = "What was exported ({form}) reads back differently from what was written ({detail}). No folder was left. Check the disk and try again."


class NoExport(NotFound):
    """A folder that isn't a complete export."""

    code = "no-export"
    ko = "{path}에 온전한 내보내기가 없습니다(manifest.json이 없거나 깨짐). `hansang export`로 다시 만드세요."
    en = "There is no complete export in {path} (manifest.json is missing or broken). Make it again with `hansang export`."
