"""Judges that can't be asked, and runs that they can say nothing of."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, MachineError


class JudgeUnavailable(MachineError):
    """A judge whose key or package is missing."""

    code = "judge-unavailable"
    ko = "채점 모델 {judge}을(를) 쓸 수 없습니다: {reason}. {cure}."
    en = "Judge {judge} can't be used: {reason_en}. {cure_en}."


class JudgeRefused(MachineError):
    """An endpoint that will not answer, however often it is asked."""

    code = "judge-refused"
    ko = "채점 모델 {judge}이(가) 거절했습니다(HTTP {status}, {url}): {reason}. 키, 모델 이름, 남은 금액, 주소를 확인하고 다시 하면 이어서 합니다."
    en = "Judge {judge} refused (HTTP {status}, {url}): {reason}. Check key, model, credit and address; the next run goes on from here."


class PriceMissing(InputError):
    """A budget without the prices that it is reckoned by."""

    code = "price-missing"
    ko = "예산을 지키려면 {judge}의 값을 알아야 합니다. `--price 입력,출력`에 토큰 100만 개의 값을 달러로 적어 주세요. 예) --price 0.15,0.60"
    en = "To keep a budget the price of {judge} must be known. Give dollars for a million tokens as `--price INPUT,OUTPUT`, e.g. --price 0.15,0.60"


class NothingToJudge(Conflict):
    """A run without a question that a judge could say anything of."""

    code = "nothing-to-judge"
    ko = "'{name}' 실행에는 채점할 것이 없습니다: 끝난 질문이 없거나, 고른 측정에 필요한 답변이나 참고 답이 없습니다."
    en = "There is nothing to judge in run '{name}': no question is finished, or the chosen measures lack an answer or a reference."


class RunIndexGone(Conflict):
    """The passages that a run saw are no longer there."""

    code = "run-index-gone"
    ko = "'{name}' 실행이 본 색인 {index}의 판 {version}이(가) 없습니다. 지금 색인으로 실행을 새로 만든 뒤(`hansang evaluate`) 채점하세요."
    en = "Version {version} of index {index}, which run '{name}' saw, is gone. Make a new run over the present index (`hansang evaluate`) and judge that."
