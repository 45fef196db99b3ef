"""Restaurants that an index doesn't have, and texts about them that a model didn't write."""

from __future__ import annotations

from pipeline.errors.base import InputError, MachineError, NotFound


class NoRestaurants(InputError):
    """An index whose reviews don't say which restaurant they are of."""

    code = "no-restaurants"
    ko = "'{name}' 색인에는 식당 이름이 없어 식당별로 볼 수 없습니다. `hansang index 파일 --column restaurant=열이름`으로 다시 색인하세요."
    en = "Index '{name}' has no names of restaurants. Index again with `hansang index FILE --column restaurant=NAME`."


class RestaurantNotFound(NotFound):
    """A restaurant of which an index has no review."""

    code = "restaurant-not-found"
    ko = "'{index}' 색인에 '{name}'의 후기가 없습니다. 비슷한 이름: {near}. 이름을 고치거나 `--index`로 다른 색인을 고르세요."
    en = "Index '{index}' has no review of '{name}'. Names like it: {near}. Correct the name, or choose another index with `--index`."


class WriterFailed(MachineError):
    """A language model that didn't write what was asked for."""

    code = "writer-failed"
    ko = "언어 모델({name})이 쓸 수 있는 글을 주지 않았습니다({reason}). 서버를 확인하거나 `--endpoint ''`로 모델 없이 하세요."
    en = "The language model ({name}) gave nothing that can be used ({reason}). Check its server, or go without it with `--endpoint ''`."
