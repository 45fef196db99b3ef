"""Analyses of reviews: nothing came of one, or the file for the result holds something else."""

from __future__ import annotations

from pipeline.errors.base import Conflict, MachineError


class NotAnalysed(MachineError):
    """A classifier could make nothing of the one review that was to be analysed."""

    code = "not-analysed"
    ko = "분석하지 못했습니다: {reason}"
    en = "It could not be analysed: {reason_en}"


class AnalysisMixed(Conflict):
    """A file of analyses that another classifier began."""

    code = "analysis-mixed"
    ko = "{path}은(는) '{found}' 분류기로 시작한 결과입니다. '{wanted}'(으)로 이어 쓰지 않으니 `--out`으로 다른 파일을 정하거나 그 파일을 옮기세요."
    en = "{path} was begun with classifier '{found}' and is not continued with '{wanted}'. Name another file with `--out`, or move that one."


class ModelSwapped(Conflict):
    """A file of analyses that another model of the same name began."""

    code = "model-swapped"
    ko = "{path}은(는) 지금과 다른 모델로 시작한 결과입니다('{name}': 시작할 때 {found}, 지금 {wanted}). 두 모델을 섞지 않으니 `--out`으로 다른 파일을 정해 처음부터 하거나, 시작할 때의 모델로 되돌린 뒤 이어서 하세요."
    en = "{path} was begun with another model than there is now ('{name}': {found} then, {wanted} now). Two models are not mixed: name another file with `--out` and begin anew, or put back the model it was begun with and go on."


class ResultForeign(Conflict):
    """The file for a result holds something else, which is not overwritten."""

    code = "result-foreign"
    ko = "{path}의 {line}번째 줄은 분석 결과가 아닙니다. 덮어쓰지 않으니 `--out`으로 다른 파일을 정하거나 그 파일을 옮기세요."
    en = (
        "Line {line} of {path} is no analysis. It is not overwritten: name another file with `--out`, or move that one."
    )


class ResultExists(Conflict):
    """A finished result in a form that can't be continued."""

    code = "result-exists"
    ko = "{path}이(가) 이미 있습니다. 끝난 결과는 덮어쓰지 않으니 `--out`으로 다른 파일을 정하거나 그 파일을 옮기세요."
    en = (
        "{path} exists already. A finished result is not overwritten: name another file with `--out`, or move that one."
    )


class ResultBusy(Conflict):
    """Another process is writing the same result."""

    code = "result-busy"
    ko = "다른 한상이 지금 {path}을(를) 쓰고 있습니다. 그것이 끝나기를 기다리거나 `--out`으로 다른 파일을 정하세요."
    en = "Another Hansang is writing {path}. Wait until it has finished, or name another file with `--out`."


class ReviewsChanged(Conflict):
    """Reviews that are not those a result was begun with."""

    code = "reviews-changed"
    ko = "{path}의 {line}번째 결과는 후기 '{found}'의 것인데 지금 파일의 그 자리에는 '{wanted}'이(가) 있거나 글이 다릅니다. 처음의 파일로 이어서 하거나 `--out`으로 다른 파일을 정하세요."
    en = "Result {line} of {path} is of review '{found}', but the file now has '{wanted}' in that place, or another text. Go on with the file it was begun with, or name another with `--out`."


class WeightsSeenTest(Conflict):
    """A classifier that is measured on reviews which its weights or its threshold were learned on."""

    code = "weights-seen-test"
    ko = "재려는 후기 {total:,}건 중 {seen:,}건이 이 분류기의 가중치나 문턱을 배운 후기입니다(예: {example}). 겹치지 않는 파일로 재거나 다른 후기로 다시 배우세요."
    en = "{seen:,} of the {total:,} reviews to measure on are among those that the classifier's weights or threshold were learned on (e.g. {example}). Measure on others, or learn anew on others."
