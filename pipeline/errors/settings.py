"""Settings that don't exist or can't have a value, and names that no backend has."""

from __future__ import annotations

from pipeline.errors.base import InputError, NotFound


class UnknownSetting(InputError):
    """A setting that does not exist."""

    code = "unknown-setting"
    ko = "'{name}'이라는 설정이 없습니다.{near} 쓸 수 있는 설정: {known}"
    en = "There is no setting '{name}'.{near_en} Known settings: {known}"


class BadSetting(InputError):
    """A setting with a value it can't take."""

    code = "bad-setting"
    ko = "설정 {name}에 '{value}'을(를) 쓸 수 없습니다. {expected}"
    en = "Setting {name} can't be '{value}'. {expected_en}"


class IndexTimeSetting(InputError):
    """A setting that only indexing can change."""

    code = "index-time-setting"
    ko = "설정 {name}은(는) 색인할 때 정해집니다. `hansang index … --set {name}={value}`로 다시 색인하세요."
    en = "Setting {name} is fixed when indexing. Index again with `hansang index … --set {name}={value}`."


class BackendNotFound(NotFound):
    """No backend of that name."""

    code = "backend-not-found"
    exit_code = 2
    status = 422
    ko = "'{name}'이라는 {kind}이(가) 없습니다. 쓸 수 있는 것: {known}"
    en = "There is no {kind} named '{name}'. Available: {known}"
