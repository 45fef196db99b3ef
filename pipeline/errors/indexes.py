"""Indexes that aren't there, are outdated or damaged, or lack what a question needs of them."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, NotFound


class BadIndexName(InputError):
    """A name that no index can have."""

    code = "bad-index-name"
    ko = "색인 이름 '{name}'은(는) 쓸 수 없습니다. 글자나 숫자로 시작해 글자, 숫자, _, -, .으로 60자까지 지어 주세요. 예) --name 우리가게"
    en = "An index can't be named '{name}'. Begin with a letter or digit; use letters, digits, _, - and ., 60 at most, e.g. --name myshop"


class IndexNotFound(NotFound):
    """No index of that name."""

    code = "index-not-found"
    ko = "'{name}' 색인이 없습니다(있는 색인: {known}). `hansang index 파일 --name {name}`으로 만드세요."
    en = "There is no index '{name}' (there is: {known}). Build it with `hansang index FILE --name {name}`."


class IndexVersionNotFound(NotFound):
    """An index that hasn't the version named."""

    code = "index-version-not-found"
    ko = "'{name}' 색인에 '{version}' 판이 없습니다. 있는 판: {known}. 지금 것과 바로 앞의 것만 남아 있습니다."
    en = "Index '{name}' has no version '{version}'. It has: {known}. The one in use and the one before it are kept."


class PassageNotFound(NotFound):
    """No passage of that id in the index."""

    code = "passage-not-found"
    ko = "'{name}' 색인에 '{passage}' 단락이 없습니다. `hansang search 질문 --json`이 보여 주는 passage_id를 쓰세요."
    en = "Index '{name}' has no passage '{passage}'. Use a passage_id that `hansang search QUESTION --json` prints."


class IndexOutdated(Conflict):
    """An index written by another version of the format."""

    code = "index-outdated"
    ko = "'{name}' 색인은 형식 {found}인데 이 프로그램은 형식 {wanted}을(를) 읽습니다. `hansang index 파일 --name {name}`으로 다시 만드세요."
    en = "Index '{name}' has format {found}; this program reads format {wanted}. Build it again with `hansang index FILE --name {name}`."


class IndexDamaged(Conflict):
    """An index whose files are missing or broken."""

    code = "index-damaged"
    ko = "'{name}' 색인의 {part}이(가) 없거나 깨졌습니다. `hansang index 파일 --name {name}`으로 다시 만드세요."
    en = "{part} of index '{name}' is missing or damaged. Build it again with `hansang index FILE --name {name}`."


class AnalyserNotIndexed(Conflict):
    """A question by an analyser that the index was not built with."""

    code = "analyser-not-indexed"
    ko = "'{name}' 색인은 {tokenizer} 분석기로 만들어지지 않았습니다(있는 것: {known}). `hansang index 파일 --name {name} --tokenizer {tokenizer}`로 더하세요."
    en = "Index '{name}' was not built with analyser {tokenizer} (it has: {known}). Add it with `hansang index FILE --name {name} --tokenizer {tokenizer}`."


class ScoresNotIndexed(Conflict):
    """A share for scores of the encoder that the index was not made for."""

    code = "scores-not-indexed"
    ko = "'{name}' 색인에는 {stage} 점수가 없는데 설정 fusion.{stage}이(가) {share:g}입니다. 인코더 bge_m3로 `hansang index 파일 --name {name} --set models.scores={scores}`처럼 다시 색인하거나 fusion.{stage}을(를) 0으로 하세요."
    en = "Index '{name}' has no {stage} scores, but the setting fusion.{stage} is {share:g}. Index again with the encoder bge_m3, as `hansang index FILE --name {name} --set models.scores={scores}`, or set fusion.{stage} to 0."
