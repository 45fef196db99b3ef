"""One tree of errors. Each has a code, a Korean sentence that names what, where and the cure, and an English one beside it.

``exit_code`` is what the command line returns, ``status`` what HTTP returns.
"""

from __future__ import annotations


class HansangError(Exception):
    """The root. Fields given as keywords fill the sentences; ``str(error)`` is the Korean one."""

    code = "internal"
    exit_code = 1
    status = 500
    ko = "처리하지 못했습니다: {detail}"
    en = "Could not be done: {detail}"

    def __init__(self, **fields: object) -> None:
        super().__init__(fields)
        self.fields = fields

    @property
    def korean(self) -> str:
        """The sentence for the user, in Korean."""
        return self.ko.format(**self.fields)

    @property
    def english(self) -> str:
        """The same in English."""
        return self.en.format(**self.fields)

    def __str__(self) -> str:
        return self.korean


class InputError(HansangError):
    """What was given can't be used as it is."""

    code = "bad-input"
    exit_code = 2
    status = 422


class QuestionEmpty(InputError):
    """A question without a letter or digit."""

    code = "question-empty"
    ko = "질문에 글자가 없습니다. 알고 싶은 것을 한 문장으로 적어 주세요. 예) 주차 편한 고깃집 있어?"
    en = "The question has no words. Type what you want to know in a sentence, e.g. 주차 편한 고깃집 있어?"


class QuestionTooLong(InputError):
    """A question over the limit."""

    code = "question-too-long"
    ko = "질문이 {length:,}자입니다. {limit:,}자까지 받습니다. 핵심만 남겨 주세요."
    en = "The question has {length:,} characters; at most {limit:,} are accepted. Please shorten it."


class UnknownSetting(InputError):
    """A setting that does not exist."""

    code = "unknown-setting"
    ko = "'{name}'이라는 설정이 없습니다. 쓸 수 있는 설정: {known}"
    en = "There is no setting '{name}'. Known settings: {known}"


class BadSetting(InputError):
    """A setting with a value it can't take."""

    code = "bad-setting"
    ko = "설정 {name}에 '{value}'을(를) 쓸 수 없습니다. {expected}"
    en = "Setting {name} can't be '{value}'. {expected}"


class IndexTimeSetting(InputError):
    """A setting that only indexing can change."""

    code = "index-time-setting"
    ko = "설정 {name}은(는) 색인할 때 정해집니다. `hansang index … --set {name}={value}`로 다시 색인하세요."
    en = "Setting {name} is fixed when indexing. Index again with `hansang index … --set {name}={value}`."


class FileProblem(InputError):
    """A file that can't be read as reviews."""

    code = "file-problem"
    ko = "{path}: {problem}. {cure}"
    en = "{path}: {problem_en}. {cure_en}"


class MissingColumn(InputError):
    """A file without a column that is needed."""

    code = "missing-column"
    ko = "{path}에서 {column} 열을 찾지 못했습니다(있는 열: {found}). `--column {column}=열이름`으로 알려 주세요."
    en = "{path} has no column for {column} (it has: {found}). Name it with `--column {column}=NAME`."


class NamedColumnMissing(MissingColumn):
    """A file without a column that the user named."""

    ko = "{path}에 '{name}' 열이 없습니다(있는 열: {found}). `--column {column}=열이름`을 고쳐 주세요."
    en = "{path} has no column '{name}' (it has: {found}). Correct `--column {column}=NAME`."


class BadIndexName(InputError):
    """A name that no index can have."""

    code = "bad-index-name"
    ko = "색인 이름 '{name}'은(는) 쓸 수 없습니다. 글자나 숫자로 시작해 글자, 숫자, _, -, .으로 60자까지 지어 주세요. 예) --name 우리가게"
    en = "An index can't be named '{name}'. Begin with a letter or digit; use letters, digits, _, - and ., 60 at most, e.g. --name myshop"


class NothingToIndex(InputError):
    """Files in which no row could be used."""

    code = "nothing-to-index"
    ko = "쓸 수 있는 행이 하나도 없습니다({rejected:,}행 거절). 이유는 {rejects}에 줄마다 적혀 있습니다."
    en = "Not one row could be used ({rejected:,} rejected). {rejects} says why, line by line."


class NotFound(HansangError):
    """Something named does not exist."""

    code = "not-found"
    exit_code = 3
    status = 404


class IndexNotFound(NotFound):
    """No index of that name."""

    code = "index-not-found"
    ko = "'{name}' 색인이 없습니다(있는 색인: {known}). `hansang index 파일 --name {name}`으로 만드세요."
    en = "There is no index '{name}' (there is: {known}). Build it with `hansang index FILE --name {name}`."


class PassageNotFound(NotFound):
    """No passage of that id in the index."""

    code = "passage-not-found"
    ko = "'{name}' 색인에 '{passage}' 단락이 없습니다. `hansang search 질문 --json`이 보여 주는 passage_id를 쓰세요."
    en = "Index '{name}' has no passage '{passage}'. Use a passage_id that `hansang search QUESTION --json` prints."


class TraceNotFound(NotFound):
    """No stored answer of that id."""

    code = "trace-not-found"
    ko = "'{trace}' 답변 기록이 없습니다. 링크가 잘렸거나 다른 서버의 것입니다. 질문을 다시 해 주세요."
    en = "There is no stored answer '{trace}'. The link is cut or belongs to another server. Please ask again."


class BackendNotFound(NotFound):
    """No backend of that name."""

    code = "backend-not-found"
    exit_code = 2
    status = 422
    ko = "'{name}'이라는 {kind}이(가) 없습니다. 쓸 수 있는 것: {known}"
    en = "There is no {kind} named '{name}'. Available: {known}"


class Conflict(HansangError):
    """The state on disk doesn't allow it."""

    code = "conflict"
    exit_code = 4
    status = 409


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


class HomeLocked(Conflict):
    """A second server, or a second indexing of one name, over the same folder."""

    code = "home-locked"
    ko = "{path} 폴더를 다른 한상(프로세스 {pid})이 쓰고 있습니다. 그것을 끄거나 HANSANG_HOME을 다른 폴더로 정하세요."
    en = "Another Hansang (process {pid}) is using {path}. Stop it, or set HANSANG_HOME to another folder."


class MachineError(HansangError):
    """This machine can't do it now."""

    code = "machine"
    exit_code = 5
    status = 503


class DiskFull(MachineError):
    """No room left while writing."""

    code = "disk-full"
    status = 507
    ko = (
        "디스크가 가득 차 {path}에 쓰지 못했습니다. 쓰던 것은 지웠고 이전 상태 그대로입니다. 자리를 비우고 다시 하세요."
    )
    en = "The disk is full; {path} could not be written. What was begun is removed and the former state stands. Free some space and try again."


class NotWritable(MachineError):
    """A folder that may not be written."""

    code = "not-writable"
    ko = "{path}에 쓸 수 없습니다({reason}). 권한을 고치거나 HANSANG_HOME을 다른 폴더로 정하세요."
    en = "{path} can't be written ({reason}). Mend the permissions or set HANSANG_HOME to another folder."


class PortTaken(MachineError):
    """The port is in use."""

    code = "port-taken"
    ko = "{port}번 포트를 다른 프로그램이 쓰고 있습니다. 그것을 끄거나 `--port {other}`처럼 다른 포트를 고르세요."
    en = "Port {port} is in use. Stop what uses it, or choose another, e.g. `--port {other}`."


class BackendUnavailable(MachineError):
    """A backend whose needs are not met on this machine."""

    code = "backend-unavailable"
    ko = "{name}을(를) 쓸 수 없습니다: {reason}. {cure}"
    en = "{name} can't be used: {reason}. {cure}"
