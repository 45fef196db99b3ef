"""Neural models that can't be had, don't fit in memory, or aren't those that an index was made with."""

from __future__ import annotations

from pipeline.errors.base import Conflict
from pipeline.errors.machine import BackendUnavailable


class ModelUnusable(BackendUnavailable):
    """A model, or a file beside it, that a classifier can't be made of."""

    code = "model-unusable"
    ko = "{name}을(를) 쓸 수 없습니다: {reason}. {cure}."
    en = "{name} can't be used: {reason_en}. {cure_en}."


class ModelAbsent(BackendUnavailable):
    """A model that is neither on this machine nor can be fetched."""

    code = "model-absent"
    ko = "모델 {name}을(를) 쓸 수 없습니다: {reason}. {cure}."
    en = "Model {name} can't be used: {reason_en}. {cure_en}."


class ModelGated(BackendUnavailable):
    """A model whose owner asks for a licence to be accepted first."""

    code = "model-gated"
    ko = "모델 {name}은(는) 사용 조건에 동의해야 받을 수 있습니다. https://huggingface.co/{name} 에서 동의한 뒤 `hf auth login`이나 HF_TOKEN으로 그 계정의 토큰을 주세요."
    en = "Model {name} is gated. Accept its licence at https://huggingface.co/{name}, then give that account's token with `hf auth login` or HF_TOKEN."


class ModelTooLarge(BackendUnavailable):
    """A model that doesn't fit in the memory that is free."""

    code = "model-too-large"
    ko = "모델 {name}을(를) 올릴 메모리가 모자랍니다({device}: {needed} 필요, {free} 남음). 다른 프로그램을 끄거나 `--set models.precision=fp16`, 더 작은 모델, 또는 `--set models.device=cpu`를 쓰세요."
    en = "There is not enough memory for model {name} ({device}: {needed} needed, {free} free). Stop other programs, or use `--set models.precision=fp16`, a smaller model or `--set models.device=cpu`."


class ModelMismatch(Conflict):
    """An index whose vectors are another model's than the one that would read the question."""

    code = "model-mismatch"
    ko = "이 색인의 벡터는 {built}이(가) 만들었는데 설정의 모델은 {asked}입니다. 다른 모델의 질문으로는 찾을 수 없습니다. 설정 `models.encoder`(와 판)를 되돌리거나, 지금 설정으로 `hansang index`를 다시 하세요."
    en = "This index's vectors were made by {built}, but the settings name {asked}. One model's question can't search another's vectors. Set `models.encoder` (and its revision) back, or run `hansang index` again with these settings."
