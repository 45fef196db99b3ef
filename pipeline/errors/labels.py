"""The file of labels and its backups: not there, busy, damaged, replaced, newer, not whole."""

from __future__ import annotations

from pipeline.errors.base import Conflict, HansangError, InputError, MachineError, NotFound


class LabelsNotFound(NotFound):
    """A home in which nothing was ever labelled."""

    code = "labels-not-found"
    ko = "{path} 파일이 없습니다. `--home`이나 HANSANG_HOME이 맞는지 보고, 처음이라면 `hansang tasks import 파일`로 과제를 가져오세요."
    en = "There is no {path}. Check `--home` or HANSANG_HOME; if this is the beginning, bring tasks in with `hansang tasks import FILE`."


class LabelsBusy(MachineError):
    """The file of labels was held by another program for longer than we wait."""

    code = "labels-busy"
    ko = (
        "다른 프로그램이 {path}을(를) 오래 잡고 있어 저장하지 못했습니다. 쓰던 답은 그대로이니 잠시 뒤 다시 저장하세요."
    )
    en = "Another program holds {path} for too long, so nothing was saved. The answer is still here: save again in a while."


class LabelsDamaged(MachineError):
    """A file of labels that SQLite can't read."""

    code = "labels-damaged"
    ko = "{path} 파일이 깨졌습니다({reason}). 지우지 말고 따로 옮긴 뒤 `hansang restore 백업파일`로 되살리세요."
    en = "{path} is damaged ({reason}). Don't delete it: move it aside, then bring back a backup with `hansang restore BACKUP`."


class LabelsReplaced(Conflict):
    """A file of labels that was moved, deleted or replaced while it was open."""

    code = "labels-replaced"
    ko = (
        "{path} 파일이 열려 있는 동안 바뀌었습니다(되살리기 등). 저장하지 않았습니다. 이 프로그램을 껐다가 다시 켜세요."
    )
    en = "{path} was replaced while it was open (by a restore, say). Nothing was saved. Stop this program and start it again."


class LabelsNewer(Conflict):
    """A file of labels written by a newer program."""

    code = "labels-newer"
    ko = "{path}은(는) 더 새로운 한상의 것입니다(형식 {found}, 이 프로그램은 {wanted}까지). 한상을 올린 뒤 다시 여세요."
    en = "{path} was written by a newer Hansang (format {found}; this one knows {wanted}). Upgrade Hansang and open it again."


class LabelsNotWhole(HansangError):
    """A file of labels in which something is missing or changed."""

    code = "labels-not-whole"
    exit_code = 4
    ko = "{path}은(는) 온전하지 않습니다({faults}). 아무것도 바꾸지 않았습니다. `hansang verify`로 살펴보고, 온전한 백업을 쓰세요."
    en = "{path} isn't whole ({faults}). Nothing was changed. Look at it with `hansang verify`, and use a backup that is."


class BackupExists(InputError):
    """A backup is to be written where there is a file already."""

    code = "backup-exists"
    status = 409
    ko = "{path}이(가) 이미 있습니다. 백업은 덮어쓰지 않습니다. 다른 이름을 주세요."
    en = "{path} exists already. A backup is never overwritten; give another name."
