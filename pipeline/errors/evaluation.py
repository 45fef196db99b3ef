"""Runs of an evaluation that aren't there, can't be resumed or swept, or can't be compared."""

from __future__ import annotations

from pipeline.errors.base import InputError, NotFound


class BadRunName(InputError):
    """A name that a folder of a run can't have."""

    code = "bad-run-name"
    ko = "'{name}'은(는) 실행 이름으로 쓸 수 없습니다. 글자, 숫자, '-', '_', '.'으로 80자까지 적어 주세요. 예) --run base-1"
    en = "'{name}' can't be the name of a run. Use up to 80 letters, digits, '-', '_', '.', e.g. --run base-1"


class RunNotFound(NotFound):
    """A run that isn't stored."""

    code = "run-not-found"
    ko = "'{name}' 실행이 없습니다. 저장된 실행: {known}. `hansang evaluate 질문파일 --run {name}`으로 만듭니다."
    en = "There is no run '{name}'. Stored runs: {known}. Make it with `hansang evaluate QUESTIONS --run {name}`."


class RunDiffers(InputError):
    """A run is to be taken up again with something else than it was begun with."""

    code = "run-differs"
    status = 409
    ko = "'{name}' 실행은 다른 조건으로 시작되었습니다. 달라진 것: {changed}. 같은 조건으로 이어서 하거나, 다른 이름(--run)으로 새로 시작하세요."
    en = "Run '{name}' was begun under other conditions. Changed: {changed}. Resume it under the same ones, or choose another name (--run)."


class RunsNotComparable(InputError):
    """Two runs that aren't over the same questions."""

    code = "runs-not-comparable"
    status = 409
    ko = "'{a}'(질문 {first:,}개)와 '{b}'({second:,}개)는 같은 질문의 실행이 아닙니다(공통 {shared:,}개). 같은 질문 파일로 끝까지 실행한 둘을 비교하세요."
    en = "'{a}' ({first:,} questions) and '{b}' ({second:,}) aren't runs over the same questions ({shared:,} in common). Compare two finished runs of one file."


class QuestionNotFound(NotFound):
    """A question that a run doesn't have."""

    code = "question-not-found"
    ko = "'{run}' 실행에 '{question}' 질문이 없습니다. 보고서(report.html)나 records.jsonl의 id를 적어 주세요."
    en = "Run '{run}' has no question '{question}'. Give an id of its report.html or records.jsonl."


class NothingToSweep(InputError):
    """A run none of whose questions has a right passage."""

    code = "nothing-to-sweep"
    ko = "이 실행에는 정답 단락(passage_ids)을 아는 질문이 없어 비교할 것이 없습니다. 정답 단락이 적힌 질문으로 다시 실행하세요."
    en = "No question of this run has known passage_ids, so there is nothing to compare. Run questions that have them."


class ScoresNotStored(InputError):
    """A sweep over the share of scores that the run was made without."""

    code = "scores-not-stored"
    ko = "이 평가의 기록에는 {stage} 점수가 없어 fusion.{stage}을(를) 훑을 수 없습니다. `--set fusion.{stage}=0.1`처럼 0보다 크게 하여 다시 평가한 뒤에 훑으세요."
    en = "The records of this run have no {stage} scores, so fusion.{stage} can't be swept. Evaluate again with a share above 0, as `--set fusion.{stage}=0.1`, then sweep."
