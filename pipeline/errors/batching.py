"""Models that are too busy for the texts they are given, too slow, short of memory, or being put away."""

from __future__ import annotations

from pipeline.errors.base import InputError, MachineError


class ModelBusy(MachineError):
    """A model whose queue is full."""

    code = "model-busy"
    ko = "지금 모델이 바빠서 받지 못했습니다(기다리는 글 {waiting:,}개). {seconds:,}초 뒤에 다시 하세요."
    en = "The model is busy ({waiting:,} texts wait). Try again in {seconds:,} seconds."


class ModelOutOfMemory(MachineError):
    """Memory that isn't enough for one text alone."""

    code = "model-out-of-memory"
    ko = "글 하나({tokens:,}토큰)를 읽을 메모리도 모자랍니다({reason}). 같은 장치를 쓰는 다른 프로그램을 끄거나, 더 작은 모델이나 더 짧은 최대 길이를 쓰세요."
    en = "There isn't memory even for one text of {tokens:,} tokens ({reason}). Stop what else uses the device, or take a smaller model or a shorter maximal length."


class DeadlinePassed(MachineError):
    """A model that had not answered when the caller had to."""

    code = "deadline-passed"
    status = 504
    ko = "모델이 {seconds:g}초 안에 답하지 못해 그만두었습니다. 잠시 뒤에 다시 하거나 후보 수(rerank.depth)를 줄이세요."
    en = (
        "The model had not answered after {seconds:g} seconds and was given up. Try again later, or lower rerank.depth."
    )


class TooManyTexts(InputError):
    """More texts in one request than may ever wait."""

    code = "too-many-texts"
    status = 413
    ko = "한 번에 글 {count:,}개를 주셨는데 기다릴 수 있는 것은 {limit:,}개까지입니다. 나누어 주거나 batching.queue를 늘리세요."
    en = "{count:,} texts were given at once, and {limit:,} may wait. Give them in parts, or raise batching.queue."


class BatcherClosed(MachineError):
    """A model that is being put away."""

    code = "batcher-closed"
    ko = "서버가 끝나는 중이라 새로 받지 않습니다. 다시 뜬 뒤에 하세요."
    en = "The server is ending and takes nothing new. Try again when it is up."
