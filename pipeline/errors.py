"""One tree of errors. Each has a code, a Korean sentence that names what, where and the cure, and an English one beside it.

``exit_code`` is what the command line returns, ``status`` what HTTP returns.
"""

from __future__ import annotations

from functools import partial
from typing import Any


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

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self.fields), ()  # fields come by name, which pickle doesn't know by itself


class InputError(HansangError):
    """What was given can't be used as it is."""

    code = "bad-input"
    exit_code = 2
    status = 422


class QuestionEmpty(InputError):
    """A question without a letter or digit."""

    code = "question-empty"
    ko = "질문에 글자가 없습니다. 알고 싶은 것을 한 문장으로 적어 주세요. 예) 주차 편한 카페 있어?"
    en = "The question has no words. Type what you want to know in a sentence, e.g. 주차 편한 카페 있어?"


class QuestionTooLong(InputError):
    """A question over the limit."""

    code = "question-too-long"
    ko = "질문이 {length:,}자입니다. {limit:,}자까지 받습니다. 핵심만 남겨 주세요."
    en = "The question has {length:,} characters; at most {limit:,} are accepted. Please shorten it."


class UnknownSetting(InputError):
    """A setting that does not exist."""

    code = "unknown-setting"
    ko = "'{name}'이라는 설정이 없습니다.{near} 쓸 수 있는 설정: {known}"
    en = "There is no setting '{name}'.{near_en} Known settings: {known}"


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


class CollectionLost(IndexDamaged):
    """An index whose vectors aren't where it says that they are."""

    code = "collection-lost"
    ko = "Milvus({uri})의 컬렉션 '{collection}'에 단락 {wanted:,}개가 있어야 하는데 {found:,}개뿐입니다. `hansang index … --force`로 다시 색인하세요."
    en = "Collection '{collection}' on Milvus ({uri}) should hold {wanted:,} passages and holds {found:,}. Index again with `hansang index … --force`."


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


class MilvusDown(MachineError):
    """The server that holds an index's vectors doesn't answer, or refuses us."""

    code = "milvus-down"
    ko = "Milvus({uri})에서 찾지 못했습니다({reason}). 서버가 떠 있는지, 주소(설정 milvus.uri)와 환경 변수 HANSANG_MILVUS_TOKEN이 맞는지 확인하고 다시 해 보세요. 시간이 모자랐다면 milvus.timeout_s를 늘리세요."
    en = "Milvus ({uri}) could not be searched ({reason}). See that the server is up and that its address (setting milvus.uri) and the environment variable HANSANG_MILVUS_TOKEN are right, then try again. Where time ran out raise milvus.timeout_s."


class VectorsUnfit(InputError):
    """Vectors or term weights that a Milvus server takes no part of."""

    code = "vectors-unfit"
    ko = "색인의 벡터를 Milvus에 담을 수 없습니다({reason}). 설정 encoder와 indexing.dimensions를 고치거나 retrieval.store=local로 색인하세요."
    en = "The index's vectors can't be put in Milvus ({reason}). Change the settings encoder or indexing.dimensions, or index with retrieval.store=local."


class BadPassword(InputError):
    """A password that may not be one."""

    code = "bad-password"
    ko = "이 비밀번호는 쓸 수 없습니다: {ko_problem}. 긴 문장 하나를 골라 보세요."
    en = "This password can't be used: {en_problem}. Try a long sentence."


class BadAccountName(InputError):
    """A name that no account can have."""

    code = "bad-account-name"
    ko = "'{name}'은(는) 계정 이름이 될 수 없습니다. 글자·숫자와 . _ - @ 로 1–64자를 쓰세요."
    en = "'{name}' can't be the name of an account. Use 1 to 64 letters, digits and . _ - @"


class UnknownAccount(InputError):
    """An account that does not exist."""

    code = "unknown-account"
    status = 404
    ko = "'{name}'이라는 계정이 없습니다. `hansang users list`로 있는 계정을 보세요."
    en = "There is no account '{name}'. See which there are with `hansang users list`."


class AccountExists(Conflict):
    """A second account of one name."""

    code = "account-exists"
    ko = "'{name}' 계정이 이미 있습니다. 다른 이름을 고르거나 `hansang users password {name}`로 비밀번호를 바꾸세요."
    en = "Account '{name}' exists. Choose another name, or change its password with `hansang users password {name}`."


class LastAdmin(Conflict):
    """Taking the rights of the only administrator left."""

    code = "last-admin"
    ko = "'{name}'은(는) 하나 남은 관리자입니다. 다른 관리자를 먼저 만드세요: `hansang users add 이름 --role admin`"
    en = "'{name}' is the only administrator left. Make another first: `hansang users add NAME --role admin`"


class SignInRefused(HansangError):
    """A name and a password that don't go together; the same for a name that nobody has."""

    code = "sign-in-refused"
    exit_code = 2
    status = 401
    ko = "이름이나 비밀번호가 맞지 않습니다. 비밀번호를 잊었다면 관리자에게 새로 정해 달라고 하세요."
    en = "The name or the password is not right. If you forgot it, ask an administrator for a new one."


class SignInLocked(SignInRefused):
    """Too many failures in a row; the same for a name that nobody has."""

    code = "sign-in-locked"
    status = 429
    ko = "여러 번 틀려서 잠시 잠겼습니다. {seconds:,}초 뒤에 다시 하세요."
    en = "Locked for a while after repeated failures. Try again in {seconds:,} seconds."


class AccountDisabled(SignInRefused):
    """The right password of an account that may not be used now."""

    code = "account-disabled"
    status = 403
    ko = "이 계정은 사용이 중지되었습니다. 관리자에게 문의하세요."
    en = "This account is disabled. Ask an administrator."


class SignedOut(SignInRefused):
    """Something done in a page that was opened before its session ended, or before its role was taken away."""

    code = "signed-out"
    ko = "로그인이 끝났거나 역할이 바뀌어 하지 않았습니다. 저장한 것은 그대로입니다. 다시 로그인한 뒤 하세요."
    en = "Not done: you are signed out, or your role has changed. What was saved is kept. Sign in and do it again."


class NotAdmitted(SignInRefused):
    """Somebody whom the identity provider knows and we don't yet."""

    code = "not-admitted"
    status = 403
    ko = "{who} 님은 아직 들어올 수 없습니다. 관리자가 '계정' 페이지에서 받아들이면 쓸 수 있습니다."
    en = "{who} may not come in yet. An administrator has to admit you on the page 'Accounts'."


class NoAccounts(Conflict):
    """Opening the chat or the annotation app to other machines before there is anybody to sign in."""

    code = "no-accounts"
    ko = "계정이 하나도 없어서 다른 컴퓨터에 열지 않습니다. `hansang users add 이름 --role admin`으로 만든 뒤 다시 켜거나, 이 컴퓨터에서만 쓰려면 `--host 127.0.0.1`로 여세요."
    en = "There is no account, so it is not opened to other machines. Make one with `hansang users add NAME --role admin` and start again, or open it to this machine only with `--host 127.0.0.1`."


class LabelsPortTaken(PortTaken):
    """The port of the annotation app is in use."""

    ko = (
        "{port}번 포트를 다른 프로그램이 쓰고 있습니다. 그것을 끄거나 `--labels-port {other}`처럼 다른 포트를 고르세요."
    )
    en = "Port {port} is in use. Stop what uses it, or choose another, e.g. `--labels-port {other}`."


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


class UnexpectedFault(HansangError):
    """A fault of the program while one question of many was asked; the others go on."""

    code = "internal"
    ko = "예상하지 못한 오류({name})입니다. 자세한 내용은 기록(log)에 있습니다."
    en = "An unexpected error ({name}); the log has the details."


class UnknownTask(NotFound):
    """No task of that id."""

    code = "unknown-task"
    ko = "{task}번 과제가 없습니다. 다른 labels.db의 것이거나 주소가 잘렸습니다. 첫 화면에서 다시 시작하세요."
    en = "There is no task {task}. It belongs to another labels.db, or the address is cut. Begin again from the first page."


class BadTask(InputError):
    """A task that can't be brought in as it is."""

    code = "bad-task"
    ko = "과제 '{key}'의 {name}에 '{value}'을(를) 쓸 수 없습니다. {expected}"
    en = "Task '{key}' can't have {name} '{value}'. {expected_en}"


class BadSubmission(InputError):
    """An answer whose particulars (not its labels) can't be stored."""

    code = "bad-submission"
    ko = "답의 {name} 값 '{value}'을(를) 저장할 수 없습니다. 화면을 새로 고치고 다시 저장하세요."
    en = "The answer can't be stored with {name} '{value}'. Reload the page and save again."


class LeaseLost(Conflict):
    """A seat that this person doesn't hold any more."""

    code = "lease-lost"
    ko = "이 과제를 맡은 시간이 지나 다른 사람에게 갔을 수 있습니다. 답은 그대로 저장할 수 있고, 자리가 없으면 예비로 남습니다."
    en = "The time to hold this task is over and somebody else may have it. The answer can still be saved; without a seat it is kept as a spare."


class Stale(Conflict):
    """What was shown is not the newest any more. ``current`` is; nothing was written."""

    @property
    def current(self) -> Any:
        """The newest one: an Annotation or a Draft, None where there is none."""
        return self.fields["current"]


class StaleAnswer(Stale):
    """An answer given over one that is not the current one: another tab was faster."""

    code = "stale-answer"
    ko = "다른 창에서 이 과제의 답이 이미 바뀌었습니다. 쓰지 않고 남겨 두었으니 차이를 보고 다시 저장하세요."
    en = "The answer to this task was changed in another window. Nothing was overwritten: look at the difference and save again."


class StaleDraft(Stale):
    """A draft that another tab has gone past."""

    code = "stale-draft"
    ko = "다른 창에서 더 새로운 초안이 저장되었습니다. 덮어쓰지 않았습니다. 그 초안을 불러와 이어서 하세요."
    en = "A newer draft was saved in another window and was not overwritten. Load it and go on from there."


class SubmissionReused(Conflict):
    """An idempotency key that was used for another answer."""

    code = "submission-reused"
    ko = "같은 저장 번호로 이미 다른 답(저장됨 #{number})이 있어 저장하지 않았습니다. 화면을 새로 고치고 다시 저장하세요."
    en = "Another answer (saved #{number}) has this submission's key, so this one was not stored. Reload the page and save again."


class NotDisputed(Conflict):
    """Settling what is not in dispute."""

    code = "not-disputed"
    ko = "{task}번 과제는 지금 조정할 것이 아닙니다({reason}). 조정 화면에서 다음 것을 받으세요."
    en = "Task {task} is not to be settled now ({reason_en}). Take the next one on the adjudication page."


class LabelsBusy(MachineError):
    """The file of labels was held by another program for longer than we wait."""

    code = "labels-busy"
    ko = (
        "다른 프로그램이 {path}을(를) 오래 잡고 있어 저장하지 못했습니다. 쓰던 답은 그대로이니 잠시 뒤 다시 저장하세요."
    )
    en = "Another program holds {path} for too long, so nothing was saved. The answer is still here: save again in a while."


class LabelsDamaged(MachineError):
    """A file of labels that SQLite can't read."""

    code = "labels-damaged"
    ko = "{path} 파일이 깨졌습니다({reason}). 지우지 말고 따로 옮긴 뒤 `hansang restore 백업파일`로 되살리세요."
    en = "{path} is damaged ({reason}). Don't delete it: move it aside, then bring back a backup with `hansang restore BACKUP`."


class LabelsReplaced(Conflict):
    """A file of labels that was moved, deleted or replaced while it was open."""

    code = "labels-replaced"
    ko = (
        "{path} 파일이 열려 있는 동안 바뀌었습니다(되살리기 등). 저장하지 않았습니다. 이 프로그램을 껐다가 다시 켜세요."
    )
    en = "{path} was replaced while it was open (by a restore, say). Nothing was saved. Stop this program and start it again."


class LabelsNewer(Conflict):
    """A file of labels written by a newer program."""

    code = "labels-newer"
    ko = "{path}은(는) 더 새로운 한상의 것입니다(형식 {found}, 이 프로그램은 {wanted}까지). 한상을 올린 뒤 다시 여세요."
    en = "{path} was written by a newer Hansang (format {found}; this one knows {wanted}). Upgrade Hansang and open it again."


class LabelsNotFound(NotFound):
    """A home in which nothing was ever labelled."""

    code = "labels-not-found"
    ko = "{path} 파일이 없습니다. `--home`이나 HANSANG_HOME이 맞는지 보고, 처음이라면 `hansang tasks import 파일`로 과제를 가져오세요."
    en = "There is no {path}. Check `--home` or HANSANG_HOME; if this is the beginning, bring tasks in with `hansang tasks import FILE`."


class NothingToMeasure(Conflict):
    """A quality report about no answer at all."""

    code = "nothing-to-measure"
    ko = "'{scheme}' 체계에 견줄 답이 없습니다({reason}). 라벨링을 더 하거나 조건(--batch, --since, --until, --scheme-version)을 넓히세요."
    en = "Scheme '{scheme}' has no answer to measure ({reason_en}). Label more, or widen --batch, --since, --until or --scheme-version."


class ReceiptDiffers(MachineError):
    """A row that reads back differently from what was written."""

    code = "receipt-differs"
    ko = "저장한 답(#{number})을 다시 읽으니 쓴 것과 다릅니다. 저장 장치를 의심하세요: `hansang verify`로 확인하고 다시 저장하세요."
    en = "The answer saved as #{number} reads back differently from what was written. Suspect the disk: check with `hansang verify`, then save again."


class NothingToSweep(InputError):
    """A run none of whose questions has a right passage."""

    code = "nothing-to-sweep"
    ko = "이 실행에는 정답 단락(passage_ids)을 아는 질문이 없어 비교할 것이 없습니다. 정답 단락이 적힌 질문으로 다시 실행하세요."
    en = "No question of this run has known passage_ids, so there is nothing to compare. Run questions that have them."


class RunsNotComparable(InputError):
    """Two runs that aren't over the same questions."""

    code = "runs-not-comparable"
    status = 409
    ko = "'{a}'(질문 {first:,}개)와 '{b}'({second:,}개)는 같은 질문의 실행이 아닙니다(공통 {shared:,}개). 같은 질문 파일로 끝까지 실행한 둘을 비교하세요."
    en = "'{a}' ({first:,} questions) and '{b}' ({second:,}) aren't runs over the same questions ({shared:,} in common). Compare two finished runs of one file."


class FormNotFound(NotFound):
    """No form of export of that name."""

    code = "form-not-found"
    exit_code = 2
    status = 422
    ko = "'{name}'이라는 내보내기 형식이 없습니다. 쓸 수 있는 형식: {known}"
    en = "There is no form of export '{name}'. Available: {known}"


class FormUnfit(InputError):
    """A form of export that a label scheme has nothing for."""

    code = "form-unfit"
    ko = "'{scheme}' 체계는 {form} 형식으로 내보낼 수 없습니다: {reason}. 다른 형식이나 체계를 고르세요."
    en = "Scheme '{scheme}' can't be exported as {form}: {reason_en}. Choose another form or scheme."


class NothingToExport(InputError):
    """An export without a single record."""

    code = "nothing-to-export"
    status = 409
    ko = "내보낼 것이 없습니다. 빠진 {dropped:,}건의 이유: {reasons}. 라벨링을 더 하거나 조건(--min-answers, --min-agreement, --min-margin, --min-score)을 낮추세요."
    en = "There is nothing to export. {dropped:,} left out, by reason: {reasons}. Label more, or lower --min-answers, --min-agreement, --min-margin or --min-score."


class ExportExists(Conflict):
    """A folder for an export that has something in it already."""

    code = "export-exists"
    ko = "{path}에 이미 파일이 있습니다. 덮어쓰지 않으니 `--out`으로 새 폴더를 정하세요."
    en = "There are files in {path} already, and they are not overwritten. Name a new folder with `--out`."


class ExportNotProven(MachineError):
    """An export that reads back differently from what was written."""

    code = "export-not-proven"
    ko = "내보낸 파일({form})을 다시 읽으니 쓴 것과 다릅니다({detail}). 폴더를 남기지 않았습니다. 저장 장치를 점검하고 다시 하세요."
    en = "What was exported ({form}) reads back differently from what was written ({detail}). No folder was left. Check the disk and try again."


class NoExport(NotFound):
    """A folder that isn't a complete export."""

    code = "no-export"
    ko = "{path}에 온전한 내보내기가 없습니다(manifest.json이 없거나 깨짐). `hansang export`로 다시 만드세요."
    en = "There is no complete export in {path} (manifest.json is missing or broken). Make it again with `hansang export`."


class LabelsAppEnded(MachineError):
    """The annotation app beside the chat ended by itself, so the chat ends too."""

    code = "labels-app-ended"
    ko = "라벨링 앱이 멈췄습니다(끝난 상태 {status}). 이유는 바로 위에 있습니다. 고친 뒤 다시 시작하거나 `--no-labels`로 채팅만 여세요."
    en = "The annotation app has ended (status {status}); the reason is just above. Mend it and start again, or open the chat alone with `--no-labels`."


class NothingToGrade(Conflict):
    """A stored answer without an answer."""

    code = "nothing-to-grade"
    ko = "'{trace}'에는 채점할 답변이 없습니다(답하기 전에 멈춤). 질문을 다시 하고 그 답변을 보내 주세요."
    en = "Trace '{trace}' has no answer to grade (it was stopped before). Ask again and send that answer."


class NothingToImport(NothingToIndex):
    """A file of tasks in which no row could be used."""

    code = "nothing-to-import"


class QuestionNotFound(NotFound):
    """A question that a run doesn't have."""

    code = "question-not-found"
    ko = "'{run}' 실행에 '{question}' 질문이 없습니다. 보고서(report.html)나 records.jsonl의 id를 적어 주세요."
    en = "Run '{run}' has no question '{question}'. Give an id of its report.html or records.jsonl."


class BackupExists(InputError):
    """A backup is to be written where there is a file already."""

    code = "backup-exists"
    status = 409
    ko = "{path}이(가) 이미 있습니다. 백업은 덮어쓰지 않습니다. 다른 이름을 주세요."
    en = "{path} exists already. A backup is never overwritten; give another name."


class LabelsNotWhole(HansangError):
    """A file of labels in which something is missing or changed."""

    code = "labels-not-whole"
    exit_code = 4
    ko = "{path}은(는) 온전하지 않습니다({faults}). 아무것도 바꾸지 않았습니다. `hansang verify`로 살펴보고, 온전한 백업을 쓰세요."
    en = "{path} isn't whole ({faults}). Nothing was changed. Look at it with `hansang verify`, and use a backup that is."


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


class EndpointDown(MachineError):
    """An endpoint that no request of a whole batch reached."""

    code = "endpoint-down"
    ko = "{url}에 연결하지 못했습니다({reason}). 서버가 떠 있는지, 주소가 맞는지 확인하고 다시 하면 이어서 합니다."
    en = "{url} could not be reached ({reason}). See that the server is up and the address is right; the next run goes on from here."


class WeightsSeenTest(Conflict):
    """A classifier that is measured on reviews which its weights or its threshold were learned on."""

    code = "weights-seen-test"
    ko = "재려는 후기 {total:,}건 중 {seen:,}건이 이 분류기의 가중치나 문턱을 배운 후기입니다(예: {example}). 겹치지 않는 파일로 재거나 다른 후기로 다시 배우세요."
    en = "{seen:,} of the {total:,} reviews to measure on are among those that the classifier's weights or threshold were learned on (e.g. {example}). Measure on others, or learn anew on others."


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


class EndpointRefused(MachineError):
    """An endpoint that would refuse every request: the key, the address or the model is wrong."""

    code = "endpoint-refused"
    ko = "{url}이(가) 요청을 거절했습니다(상태 {status}: {reason}). 401·403이면 열쇠(HANSANG_LLM_KEY), 402·429면 계정에 남은 금액, 404면 주소와 모델 이름 '{model}', 400이면 서버가 JSON 스키마를 받는지 확인하세요."
    en = "{url} refused the request (status {status}: {reason}). On 401 or 403 check the key (HANSANG_LLM_KEY), on 402 or 429 the account's credit, on 404 the address and the model's name '{model}', on 400 whether the server takes a JSON schema."


class RequestFailed(MachineError):
    """One request that came to nothing after all its tries; the next may do better. ``trouble`` says of what kind."""

    code = "request-failed"
    ko = "모델 서버가 이 요청에 답하지 못했습니다: {reason}"
    en = "The model's server could not answer this request: {reason_en}"

    @property
    def trouble(self) -> str:
        """What kind of failure."""
        return str(self.fields["trouble"])


class NotAnalysed(MachineError):
    """A classifier could make nothing of the one review that was to be analysed."""

    code = "not-analysed"
    ko = "분석하지 못했습니다: {reason}"
    en = "It could not be analysed: {reason_en}"


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


class ModelUnusable(BackendUnavailable):
    """A model, or a file beside it, that a classifier can't be made of."""

    code = "model-unusable"
    ko = "{name}을(를) 쓸 수 없습니다: {reason}. {cure}."
    en = "{name} can't be used: {reason_en}. {cure_en}."


class EndpointSlow(MachineError):
    """An endpoint that is there, but answered not one of many requests in time."""

    code = "endpoint-slow"
    ko = "{url}이(가) 요청에 하나도 제때 답하지 못했습니다({reason}). `--timeout`을 늘리거나 `--requests`를 줄이고 다시 하면 이어서 합니다."
    en = "{url} answered not one request in time ({reason}). Raise `--timeout` or lower `--requests`; the next run goes on from here."


class KeyRefused(HansangError):
    """An API key that opens nothing: unknown, revoked, past its end."""

    code = "key-refused"
    exit_code = 2
    status = 401
    ko = "API 열쇠를 받을 수 없습니다: {ko}. 관리자에게 새 열쇠를 부탁하세요(`hansang keys add 이름`)."
    en = "The API key can't be accepted: {en}. Ask an administrator for a new one (`hansang keys add NAME`)."


class KeyExists(Conflict):
    """A name that a key has or had."""

    code = "key-exists"
    ko = "'{name}' 열쇠는 이미 있거나 있었습니다. 기록이 섞이지 않게 다른 이름을 쓰세요. `hansang keys list`로 볼 수 있습니다."
    en = (
        "There is or was a key '{name}'. Use another name, so that the log stays clear; `hansang keys list` shows them."
    )


class BadKeyName(InputError):
    """A name that no key can have."""

    code = "bad-key-name"
    ko = "'{name}'은(는) 열쇠 이름이 될 수 없습니다. 글자, 숫자, _, ., @, -만 1–64자로 쓰세요. 예) open-webui"
    en = "A key can't be named '{name}'. Use 1 to 64 letters, digits and _ . @ -, e.g. open-webui"


class UnknownKey(NotFound):
    """A name that no key has."""

    code = "unknown-key"
    ko = "'{name}' 열쇠가 없습니다. `hansang keys list`로 이름을 확인하세요."
    en = "There is no key '{name}'. `hansang keys list` shows the names."


class BadScopes(InputError):
    """What a key may do, in words that aren't known."""

    code = "bad-scopes"
    ko = "열쇠가 할 수 있는 일 '{given}'을(를) 알 수 없습니다. {known} 가운데서 쉼표로 적으세요. 예) --scopes ask,label"
    en = "The scopes '{given}' aren't known. Choose from {known}, separated by commas, e.g. --scopes ask,label"


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


class EngineMismatch(ModelMismatch):
    """An index whose vectors are another model's than the one that an engine was made of."""

    code = "engine-mismatch"
    ko = "이 색인의 벡터는 {built}이(가) 만들었는데 엔진 {engine}은(는) {asked}(으)로 만든 것입니다. 다른 모델의 질문으로는 찾을 수 없습니다. `models.engine`에 그 모델로 만든 엔진을 적거나 none으로 되돌리세요."
    en = "This index's vectors were made by {built}, but engine {engine} is made of {asked}. One model's question can't search another's vectors. Set `models.engine` to an engine of that model, or back to none."


class EngineRefused(Conflict):
    """An engine that hasn't passed its gate."""

    code = "engine-refused"
    ko = "엔진 {name}은(는) 관문을 지나지 못해 쓰지 않습니다: {reason}. 다른 방법(`--precision fp16`, `--quantize static` 등)으로 다시 만들거나 원래 모델을 쓰세요(`models.engine=none`). 수치는 그 폴더의 report.md에 있습니다."
    en = "Engine {name} hasn't passed its gate and isn't used: {reason_en}. Make it in another way (`--precision fp16`, `--quantize static`), or use the model itself (`models.engine=none`). The figures are in report.md in its folder."


class EngineExists(Conflict):
    """A folder where an engine was to be made, and in which something is."""

    code = "engine-exists"
    ko = "{path}이(가) 이미 있습니다. 덮어쓰지 않으니 `--out`으로 다른 폴더를 정하거나 그 폴더를 지우세요."
    en = "{path} exists already and is not overwritten: name another folder with `--out`, or remove that one."


class EngineNotMade(MachineError):
    """A model that the exporter, or the quantiser, can't make an engine of."""

    code = "engine-not-made"
    ko = "모델 {name}(으)로 엔진을 만들지 못했습니다: {reason}. {cure}."
    en = "No engine could be made of model {name}: {reason_en}. {cure_en}."


class TensorRtAbsent(BackendUnavailable):
    """TensorRT is asked for where ONNX Runtime can't reach it."""

    code = "tensorrt-absent"
    ko = "TensorRT를 쓸 수 없습니다: {reason}. NVIDIA GPU가 있는 컴퓨터에서 onnxruntime 대신 `pip install onnxruntime-gpu`와 TensorRT의 라이브러리(libnvinfer, PyPI의 tensorrt만으로는 모자람)를 설치하거나 `--to onnx`로 만든 엔진을 쓰세요."
    en = "TensorRT can't be used: {reason_en}. On a machine with an NVIDIA GPU, `pip install onnxruntime-gpu` instead of onnxruntime and install TensorRT's libraries (libnvinfer; PyPI's tensorrt alone is not enough), or use an engine made with `--to onnx`."


class IndexNotNeural(InputError):
    """An index without vectors of a neural model, where they are needed."""

    code = "index-not-neural"
    ko = "'{name}' 색인의 벡터는 신경망 모델의 것이 아닙니다({encoder}). 그 모델로 만든 색인이 있어야 견줄 수 있습니다. 예) hansang --profile gpu index 후기.csv --name {name}"
    en = "The vectors of index '{name}' are no neural model's ({encoder}). An index made by the model is what an engine is held against, e.g. hansang --profile gpu index REVIEWS.csv --name {name}"


class ScoresNotIndexed(Conflict):
    """A share for scores of the encoder that the index was not made for."""

    code = "scores-not-indexed"
    ko = "'{name}' 색인에는 {stage} 점수가 없는데 설정 fusion.{stage}이(가) {share:g}입니다. 인코더 bge_m3로 `hansang index 파일 --name {name} --set models.scores={scores}`처럼 다시 색인하거나 fusion.{stage}을(를) 0으로 하세요."
    en = "Index '{name}' has no {stage} scores, but the setting fusion.{stage} is {share:g}. Index again with the encoder bge_m3, as `hansang index FILE --name {name} --set models.scores={scores}`, or set fusion.{stage} to 0."


class ScoresNotStored(InputError):
    """A sweep over the share of scores that the run was made without."""

    code = "scores-not-stored"
    ko = "이 평가의 기록에는 {stage} 점수가 없어 fusion.{stage}을(를) 훑을 수 없습니다. `--set fusion.{stage}=0.1`처럼 0보다 크게 하여 다시 평가한 뒤에 훑으세요."
    en = "The records of this run have no {stage} scores, so fusion.{stage} can't be swept. Evaluate again with a share above 0, as `--set fusion.{stage}=0.1`, then sweep."


class PromptNotFound(NotFound):
    """No prompt of that name and version."""

    code = "prompt-not-found"
    exit_code = 2
    status = 422
    ko = "'{name}'이라는 프롬프트가 없습니다(있는 것: {known}). 이름과 버전을 `--set prompt=answer@1`처럼 적으세요."
    en = "There is no prompt '{name}' (there are: {known}). Give name and version, e.g. `--set prompt=answer@1`."


class PromptUnfit(InputError):
    """A file that is no prompt."""

    code = "prompt-unfit"
    ko = "프롬프트 '{name}'의 파일을 쓸 수 없습니다({reason}). 함께 온 answer@1.toml의 칸과 견주어 고치세요."
    en = "The file of prompt '{name}' can't be used ({reason}). Compare its fields with those of answer@1.toml."


class NoAnswer(MachineError):
    """Why a language model's answer is missing, or isn't to be trusted as it stands. What was found stays."""

    code = "no-answer"


class LlmDown(NoAnswer):
    """Nobody answers at the language model's address."""

    code = "llm-down"
    ko = "언어 모델 서버({url})에 연결하지 못해 답변을 쓰지 못했습니다({reason}). 서버가 떠 있는지, 설정 llm.url이 맞는지 확인하세요. 찾은 후기는 그대로 볼 수 있습니다."
    en = "The language model's server ({url}) could not be reached ({reason}), so no answer was written. See that it is up and that the setting llm.url is right. The reviews that were found are all there."


class LlmSlow(NoAnswer):
    """No token in time."""

    code = "llm-slow"
    ko = "언어 모델이 {seconds:g}초 안에 {what} 토큰을 보내지 않아 그만 기다렸습니다. 서버가 바쁜지 보고 다시 묻거나 설정 {setting}을(를) 늘리세요."
    en = "The language model sent no {what_en} token within {seconds:g} s and was given up. See whether its server is busy and ask again, or raise the setting {setting}."


class LlmBroken(NoAnswer):
    """A stream that ended before the answer did."""

    code = "llm-broken"
    ko = "언어 모델 서버와의 연결이 답변 도중에 끊겼습니다({reason}). 여기까지는 받은 그대로입니다. 서버를 확인하고 다시 물어 주세요."
    en = "The connection to the language model's server broke in mid-answer ({reason}). What came until then stands. See to the server and ask again."


class LlmBusy(NoAnswer):
    """More requests than may be under way, or a server that says so."""

    code = "llm-busy"
    ko = "언어 모델이 바빠서 답변을 쓰지 못했습니다({reason}). {seconds:g}초쯤 뒤에 다시 물어 주세요. 찾은 후기는 그대로 볼 수 있습니다."
    en = "The language model is busy and wrote no answer ({reason_en}). Ask again in some {seconds:g} s. The reviews that were found are all there."


class LlmResting(NoAnswer):
    """A language model that failed several times in a row and is left alone for a while."""

    code = "llm-resting"
    ko = "언어 모델이 {failures}번 잇달아 실패해 {seconds:.0f}초 동안 묻지 않습니다(마지막: {reason}). 찾은 후기는 그대로 볼 수 있습니다."
    en = "The language model failed {failures} times in a row and isn't asked for {seconds:.0f} s (last: {reason_en}). The reviews that were found are all there."


class LlmRefused(NoAnswer):
    """A server that refuses us, or doesn't know the model."""

    code = "llm-refused"
    ko = "언어 모델 서버({url})가 거절했습니다(상태 {status}: {reason}). 401·403이면 환경 변수 HANSANG_LLM_KEY를, 402·429면 계정에 남은 금액을, 404면 설정 llm.url과 모델 이름 llm.model='{model}'을 살펴보세요."
    en = "The language model's server ({url}) refused (status {status}: {reason}). On 401 or 403 mend the environment variable HANSANG_LLM_KEY, on 402 or 429 see to the account's credit, on 404 mend the settings llm.url and llm.model='{model}'."


class LlmRejected(NoAnswer):
    """A request that the server can't take as it is."""

    code = "llm-rejected"
    ko = "언어 모델 서버가 이 요청을 받지 않았습니다(상태 {status}: {reason}). 서버와 llm.* 설정이 맞는지 확인하세요."
    en = "The language model's server did not take this request (status {status}: {reason}). See whether the settings llm.* suit the server."


class PromptTooLong(NoAnswer):
    """A prompt over the model's window."""

    code = "prompt-too-long"
    ko = "질문과 후기가 모델이 보는 길이를 넘습니다({reason}). 설정 llm.context_tokens를 서버의 한도에 맞추거나 llm.answer_tokens를 줄이거나 retrieval.k를 낮추세요."
    en = "Question and reviews are over what the model sees ({reason}). Set llm.context_tokens to the server's limit, or lower llm.answer_tokens or retrieval.k."


class ReplyEmpty(NoAnswer):
    """A reply without a word."""

    code = "reply-empty"
    ko = "언어 모델이 빈 답을 보냈습니다. 다시 묻거나 다른 모델(llm.model)이나 프롬프트(prompt)를 써 보세요."
    en = "The language model sent an empty reply. Ask again, or try another model (llm.model) or prompt (prompt)."


class ReplyRepeats(NoAnswer):
    """A reply that says the same over and over."""

    code = "reply-repeats"
    ko = "언어 모델이 같은 말을 되풀이해 거기서 끊었습니다. 다시 묻거나 llm.temperature를 조금 올리거나 다른 모델을 써 보세요."
    en = "The language model kept repeating itself and was cut off there. Ask again, raise llm.temperature a little, or try another model."


class ReplyCut(NoAnswer):
    """A reply that ran into the limit of tokens."""

    code = "reply-cut"
    ko = "답변이 최대 길이({tokens:,}토큰)에 닿아 끝이 잘렸습니다. 설정 llm.answer_tokens를 늘리세요."
    en = "The answer reached its limit of {tokens:,} tokens and is cut. Raise the setting llm.answer_tokens."


class ReplyForeign(NoAnswer):
    """A reply that isn't in Korean."""

    code = "reply-foreign"
    ko = "언어 모델이 한국어로 답하지 않았습니다. 근거와 견주어 읽어 주세요. 자주 그러면 한국어를 배운 모델(llm.model)로 바꾸세요."
    en = "The language model did not answer in Korean. Compare it with the reviews. If that happens often, choose a model that knows Korean (llm.model)."


class ReplyRefused(NoAnswer):
    """A model that declines instead of answering or saying that the reviews hold nothing."""

    code = "reply-refused"
    ko = "언어 모델이 답하기를 거절했습니다. 질문을 달리 적거나 다른 모델(llm.model)을 써 보세요. 찾은 후기는 그대로 볼 수 있습니다."
    en = "The language model declined to answer. Put the question otherwise, or try another model (llm.model). The reviews that were found are all there."


class ReplyUncited(NoAnswer):
    """A reply none of whose sentences says which review it rests on."""

    code = "reply-uncited"
    ko = "언어 모델이 근거를 하나도 달지 않았습니다. 후기로 확인되지 않은 글이니 아래 후기와 견주어 읽어 주세요."
    en = "The language model named no source for anything. Nothing of it is borne out by reviews: compare it with those below."


class IndexVersionNotFound(NotFound):
    """An index that hasn't the version named."""

    code = "index-version-not-found"
    ko = "'{name}' 색인에 '{version}' 판이 없습니다. 있는 판: {known}. 지금 것과 바로 앞의 것만 남아 있습니다."
    en = "Index '{name}' has no version '{version}'. It has: {known}. The one in use and the one before it are kept."


class NoPrompts(Conflict):
    """Questions none of which makes a prompt over an index."""

    code = "no-prompts"
    ko = "'{name}' 색인에서 프롬프트를 하나도 만들지 못했습니다. 후기가 든 색인의 이름(--index)이나 후기를 찾을 수 있는 질문 파일(--data)을 주세요."
    en = "Not one prompt could be made over index '{name}'. Name an index that holds reviews (--index), or a file of questions that find some (--data)."


class LlmFolderTaken(Conflict):
    """A folder that is there already, where a compressed model should go."""

    code = "llm-folder-taken"
    ko = "{path}이(가) 이미 있습니다. 관문을 지난 모델을 덮어쓰지 않습니다. `--out`에 다른 폴더를 주거나 그것을 지우세요."
    en = "{path} exists, and a model that may have passed its gate is not overwritten. Give another folder as `--out`, or remove it."


class LlmNotCompressed(MachineError):
    """llm-compressor, which ended without a model."""

    code = "llm-not-compressed"
    ko = "{name}을(를) {scheme}(으)로 줄이지 못했습니다: {reason}. 쓰던 것은 지웠습니다. 메모리가 모자랐으면 `--samples`나 `--tokens`를 줄이고, 아니면 기록 {log}을(를) 보세요."
    en = "{name} could not be made {scheme}: {reason}. What was begun is removed. If memory was short lower `--samples` or `--tokens`; else see the log {log}."


class LlmFolderUnknown(InputError):
    """A folder that no compressed model of ours is in."""

    code = "llm-folder-unknown"
    ko = "{path}은(는) `hansang optimise llm`이 만든 폴더가 아닙니다({reason}). 그 명령의 `--out`에 준 폴더를 적으세요."
    en = "{path} is not a folder made by `hansang optimise llm` ({reason}). Name the one given to its `--out`."


class LlmServesAnother(Conflict):
    """A server that has another model than the one that is to be judged."""

    code = "llm-serves-another"
    ko = "{url}의 서버는 {found}을(를) 올려 두었는데 {side}(으)로는 {wanted}이(가) 필요합니다. 맞는 모델로 다시 켠 뒤 하세요."
    en = "The server at {url} has {found}, but the {side_en} model is to be {wanted}. Start it with that model and try again."


class NothingToGate(Conflict):
    """A gate for which one side's answers are missing."""

    code = "nothing-to-gate"
    ko = "{side} 모델의 답변이 아직 없습니다. 그 모델을 켠 서버의 주소를 {option}에 주세요. 둘을 한꺼번에 켜지 않아도 됩니다."
    en = "There are no answers of the {side_en} model yet. Give the URL of a server that has it as {option}; the two need not be up together."


class EngineUnavailable(MachineError):
    """A cluster that can't be joined, or can't be started here."""

    code = "engine-unavailable"
    ko = "Ray에 이어지지 못했습니다({address}: {reason}). 주소(RAY_ADDRESS)와 토큰(RAY_AUTH_MODE=token, RAY_AUTH_TOKEN)을 확인하거나 `--engine local`로 하세요."
    en = "Ray could not be joined ({address}: {reason}). Check the address (RAY_ADDRESS) and the token (RAY_AUTH_MODE=token, RAY_AUTH_TOKEN), or use `--engine local`."


class EngineDiffers(Conflict):
    """A worker whose programs are of other versions: what it makes would not be the same."""

    code = "engine-differs"
    ko = "다른 기계의 프로그램이 여기와 다릅니다({changed}). 같은 결과가 나오지 않으니 모든 기계에 같은 판을 설치하세요(`pip install -r requirements.txt`)."
    en = "A worker's programs differ from those here ({changed}), so its results would, too. Install the same versions on every machine (`pip install -r requirements.txt`)."


class EngineBroke(MachineError):
    """Work that a cluster could not bring to an end."""

    code = "engine-broke"
    ko = "Ray가 일을 끝내지 못했습니다: {reason}. 한 묶음이 작업자를 거듭 쓰러뜨렸거나 기계가 모두 사라졌을 수 있습니다. 기계의 메모리를 확인하고 다시 하면 이어서 합니다(`--actors`로 작업자를 줄이거나 `--engine local`)."
    en = "Ray could not finish: {reason}. A batch may have brought down one worker after the other, or the machines may be gone. Check their memory and run again, which goes on from here (fewer workers by `--actors`, or `--engine local`)."
