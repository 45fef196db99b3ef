"""Tasks and answers: what can't be taken, given, settled, graded or measured."""

from __future__ import annotations

from typing import Any

from pipeline.errors.base import Conflict, InputError, MachineError, NotFound


class UnknownTask(NotFound):
    """No task of that id."""

    code = "unknown-task"
    ko = "{task}번 과제가 없습니다. 다른 labels.db의 것이거나 주소가 잘렸습니다. 첫 화면에서 다시 시작하세요."
    en = "There is no task {task}. It belongs to another labels.db, or the address is cut. Begin again from the first page."


class BadTask(InputError):
    """A task that can't be brought in as it is."""

    code = "bad-task"
    ko = "과제 '{key}'의 {name}에 '{value}'을(를) 쓸 수 없습니다. {expected}"
    en = "Task '{key}' can't have {name} '{value}'. {expected_en}"


class BadSubmission(InputError):
    """An answer whose particulars (not its labels) can't be stored."""

    code = "bad-submission"
    ko = "답의 {name} 값 '{value}'을(를) 저장할 수 없습니다. 화면을 새로 고치고 다시 저장하세요."
    en = "The answer can't be stored with {name} '{value}'. Reload the page and save again."


class LeaseLost(Conflict):
    """A seat that this person doesn't hold any more."""

    code = "lease-lost"
    ko = "이 과제를 맡은 시간이 지나 다른 사람에게 갔을 수 있습니다. 답은 그대로 저장할 수 있고, 자리가 없으면 예비로 남습니다."
    en = "The time to hold this task is over and somebody else may have it. The answer can still be saved; without a seat it is kept as a spare."


class Stale(Conflict):
    """What was shown is not the newest any more. ``current`` is; nothing was written."""

    @property
    def current(self) -> Any:
        """The newest one: an Annotation or a Draft, None where there is none."""
        return self.fields["current"]


class StaleAnswer(Stale):
    """An answer given over one that is not the current one: another tab was faster."""

    code = "stale-answer"
    ko = "다른 창에서 이 과제의 답이 이미 바뀌었습니다. 쓰지 않고 남겨 두었으니 차이를 보고 다시 저장하세요."
    en = "The answer to this task was changed in another window. Nothing was overwritten: look at the difference and save again."


class StaleDraft(Stale):
    """A draft that another tab has gone past."""

    code = "stale-draft"
    ko = "다른 창에서 더 새로운 초안이 저장되었습니다. 덮어쓰지 않았습니다. 그 초안을 불러와 이어서 하세요."
    en = "A newer draft was saved in another window and was not overwritten. Load it and go on from there."


class SubmissionReused(Conflict):
    """An idempotency key that was used for another answer."""

    code = "submission-reused"
    ko = "같은 저장 번호로 이미 다른 답(저장됨 #{number})이 있어 저장하지 않았습니다. 화면을 새로 고치고 다시 저장하세요."
    en = "Another answer (saved #{number}) has this submission's key, so this one was not stored. Reload the page and save again."


class NotDisputed(Conflict):
    """Settling what is not in dispute."""

    code = "not-disputed"
    ko = "{task}번 과제는 지금 조정할 것이 아닙니다({reason}). 조정 화면에서 다음 것을 받으세요."
    en = "Task {task} is not to be settled now ({reason_en}). Take the next one on the adjudication page."


class ReceiptDiffers(MachineError):
    """A row that reads back differently from what was written."""

    code = "receipt-differs"
    ko = "저장한 답(#{number})을 다시 읽으니 쓴 것과 다릅니다. 저장 장치를 의심하세요: `hansang verify`로 확인하고 다시 저장하세요."
    en = "The answer saved as #{number} reads back differently from what was written. Suspect the disk: check with `hansang verify`, then save again."


class NothingToGrade(Conflict):
    """A stored answer without an answer."""

    code = "nothing-to-grade"
    ko = "'{trace}'에는 채점할 답변이 없습니다(답하기 전에 멈춤). 질문을 다시 하고 그 답변을 보내 주세요."
    en = "Trace '{trace}' has no answer to grade (it was stopped before). Ask again and send that answer."


class NothingToMeasure(Conflict):
    """A quality report about no answer at all."""

    code = "nothing-to-measure"
    ko = "'{scheme}' 체계에 견줄 답이 없습니다({reason}). 라벨링을 더 하거나 조건(--batch, --since, --until, --scheme-version)을 넓히세요."
    en = "Scheme '{scheme}' has no answer to measure ({reason_en}). Label more, or widen --batch, --since, --until or --scheme-version."
