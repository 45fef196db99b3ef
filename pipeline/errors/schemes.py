"""Label schemes that can't be used, and labels that their scheme does not allow."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, NotFound


class BadScheme(InputError):
    """A file of a label scheme that can't be used."""

    code = "bad-scheme"
    ko = "라벨 체계 파일 {path}을(를) 쓸 수 없습니다. {place}: {problem}. 그 자리를 고친 뒤 다시 하세요."
    en = "The label scheme file {path} can't be used. {place}: {problem_en}. Correct it and try again."


class UnknownScheme(NotFound):
    """No label scheme of that id."""

    code = "unknown-scheme"
    ko = "'{name}'이라는 라벨 체계가 없습니다(있는 체계: {known}). 이름을 고치거나, 새로 만들려면 {folder}에 체계 파일(.toml)과 지침(.md)을 같은 이름으로 두세요."
    en = "There is no label scheme '{name}' (there is: {known}). Correct the name, or to add one put a .toml and a .md of that name into {folder}."


class UnknownSchemeVersion(NotFound):
    """A version of a label scheme that isn't there."""

    code = "unknown-scheme-version"
    ko = "라벨 체계 '{name}'의 {version}판이 없습니다(있는 판: {known}). 그 판의 과제를 읽으려면 {name}.{version}.toml과 {name}.{version}.md를 {folder}에 되돌려 놓으세요."
    en = "Label scheme '{name}' has no version {version} (there is: {known}). To read its tasks, put {name}.{version}.toml and {name}.{version}.md back into {folder}."


class SchemeEdited(Conflict):
    """A version of a label scheme that was changed after it had been used."""

    code = "scheme-edited"
    ko = "라벨 체계 '{name}' {version}판이 쓰이기 시작한 뒤에 바뀌었습니다. 체계 파일과 지침을 예전 내용으로 되돌리세요. 바꾸려던 내용은 새 판으로 만듭니다: 예전 파일을 {name}.{version}.toml과 {name}.{version}.md로 옮기고, {name}.toml의 version을 {next_version}(으)로 올리세요."
    en = "Version {version} of label scheme '{name}' was edited after it had been used. Restore its scheme file and guideline. Make the change a new version: move the old files to {name}.{version}.toml and {name}.{version}.md, and set version = {next_version} in {name}.toml."


class BadLabels(InputError):
    """Labels that their scheme does not allow. ``field`` is the field's id, ``value`` and ``allowed`` are for reading."""

    code = "bad-labels"
    ko = "라벨을 저장하지 않았습니다. {title}({field}): {problem}. 받은 값: {value}. 쓸 수 있는 값: {allowed}"
    en = "The labels were not saved. {title_en} ({field}): {problem_en}. Given: {value}. Allowed: {allowed_en}"


class BadContext(InputError):
    """What stands beside a task can't be used by its scheme."""

    code = "bad-context"
    ko = "과제의 {key}을(를) 쓸 수 없습니다: {problem}. {key}에는 id와 text가 있는 답변 두 개를 넣고, 두 id는 서로 다르게, 'tie'가 아니게 지어 주세요."
    en = "{key} of the task can't be used: {problem_en}. Give {key} two answers with id and text; the ids must differ and not be 'tie'."
