"""Why the server refuses what is asked over HTTP, where nothing deeper inside says so: limits, jobs, keys, uploads."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, MachineError, NotFound
from pipeline.errors.files import MissingColumn, NothingToIndex


class BodyTooLarge(InputError):
    """A body over the limit; nothing of it is kept."""

    code = "body-too-large"
    status = 413
    ko = "요청 본문이 {limit:,}바이트를 넘습니다. 나누어 보내거나, 관리자가 {setting}을(를) 늘려야 합니다."
    en = "The request's body is over {limit:,} bytes. Send less at once, or have {setting} raised."


class BatchTooLarge(InputError):
    """More reviews than one request may bring."""

    code = "batch-too-large"
    ko = "후기 {given:,}건을 보냈습니다. 한 번에 {limit:,}건까지 받습니다(service.batch). 나누어 보내세요."
    en = "{given:,} reviews were sent; one request takes at most {limit:,} (service.batch). Send them in parts."


class ReviewTooLong(InputError):
    """A review to be analysed that is longer than reviews are."""

    code = "review-too-long"
    ko = "{number:,}번째 후기가 {length:,}자입니다. {limit:,}자까지 받습니다(service.review_chars). 나누어 보내세요."
    en = "Review {number:,} has {length:,} characters; at most {limit:,} are taken (service.review_chars). Send parts."


class PageTooLong(InputError):
    """More items than a page may have."""

    code = "page-too-long"
    ko = "한 쪽에 {limit:,}개까지 줍니다(service.page). limit을 줄이고 next로 이어서 받으세요."
    en = "A page has at most {limit:,} items (service.page). Ask for fewer and follow `next`."


class BadCursor(InputError):
    """A cursor that didn't come from this list."""

    code = "bad-cursor"
    ko = "cursor를 읽을 수 없습니다. 앞 쪽의 next를 그대로 쓰거나, cursor 없이 처음부터 받으세요."
    en = "The cursor can't be read. Use `next` of the page before as it is, or begin without a cursor."


class SettingNotOpen(InputError):
    """A setting that only whoever starts the server may change."""

    code = "setting-not-open"
    ko = "설정 {name}은(는) 요청으로 바꿀 수 없습니다. 서버를 켤 때 `--set {name}=값`으로 정합니다."
    en = "Setting {name} can't be changed by a request. It is set where the server is started: `--set {name}=VALUE`."


class UploadCut(InputError):
    """A file of which only the beginning came."""

    code = "upload-cut"
    ko = "파일을 올리다가 연결이 끊겼습니다. 아무것도 남기지 않았습니다. 다시 올려 주세요."
    en = "The connection ended in the middle of the file. Nothing of it is kept. Please send it again."


class UploadColumnMissing(MissingColumn):
    """An uploaded file without a column that is needed."""

    ko = '올린 {path}에 {column}의 열이 없습니다(있는 열: {found}). columns에 {{"{column}": "열이름"}}을 주세요.'
    en = 'The uploaded {path} has no column for {column} (it has: {found}). Say "columns": {{"{column}": "NAME"}}.'


class NamedUploadColumnMissing(MissingColumn):
    """An uploaded file without a column that the request named."""

    ko = "올린 파일 {path}에 '{name}' 열이 없습니다(있는 열: {found}). 요청의 columns에서 {column}을(를) 고쳐 주세요."
    en = "The uploaded {path} has no column '{name}' (it has: {found}). Correct {column} in the request's columns."


class NothingInUploads(NothingToIndex):
    """Uploaded files in which no row could be used."""

    ko = "쓸 수 있는 행이 하나도 없습니다({rejected:,}행 거절). {reasons}"
    en = "Not one row could be used ({rejected:,} rejected). {reasons_en}"


class SettingNotOfIndexes(InputError):
    """A setting that has nothing to do with how an index is built."""

    code = "setting-not-of-indexes"
    ko = "설정 {name}은(는) 색인을 만들 때 정하는 것이 아닙니다. 색인에 정할 수 있는 것: {known}"
    en = "Setting {name} isn't decided when an index is built. Those that are: {known}"


class BadKey(InputError):
    """An Idempotency-Key that can't be one."""

    code = "bad-idempotency-key"
    ko = "Idempotency-Key는 공백 없는 ASCII 글자 1–255자여야 합니다. UUID를 쓰면 됩니다."
    en = "An Idempotency-Key has 1 to 255 ASCII characters without spaces; a UUID will do."


class KeyReused(InputError):
    """An Idempotency-Key that came with another request before."""

    code = "idempotency-key-reused"
    ko = "같은 Idempotency-Key로 다른 요청을 보냈습니다. 새 요청에는 새 키를 쓰세요."
    en = "This Idempotency-Key came with another request before. Use a new key for a new request."


class KeyBusy(Conflict):
    """An Idempotency-Key whose first request is still being worked on."""

    code = "idempotency-key-busy"
    ko = "같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 뒤 다시 보내면 그 답을 받습니다."
    en = "The request with this Idempotency-Key is still being worked on. Send it again in a moment for its reply."


class JobNotFound(NotFound):
    """An id that no job has."""

    code = "job-not-found"
    ko = "작업 '{job}'이(가) 없습니다. GET /v1/jobs에서 확인하세요."
    en = "There is no job '{job}'. See GET /v1/jobs."


class JobEnded(Conflict):
    """A job that is over can't be cancelled."""

    code = "job-ended"
    ko = "작업 '{job}'은(는) 이미 끝났습니다(상태: {state}). 취소할 것이 없습니다."
    en = "The job '{job}' is over ({state}); there is nothing to cancel."


class JobsFull(Conflict):
    """As many jobs wait as may."""

    code = "jobs-full"
    status = 429
    ko = "기다리는 작업이 {limit:,}개로 가득 찼습니다(service.jobs_waiting). 하나가 끝난 뒤 다시 보내세요."
    en = "{limit:,} jobs are waiting already (service.jobs_waiting). Try again when one has ended."


class JobCut(Conflict):
    """A job whose process ended without a word, more than once."""

    code = "job-interrupted"
    ko = "작업이 {times}번 중간에 끊겼습니다(서버가 꺼졌거나 메모리가 모자랐을 수 있습니다). 이전 색인은 그대로입니다. 다시 시작하려면 같은 요청을 새로 보내세요."  # noqa: E501
    en = "The job was cut off {times} times (the server was stopped, or memory ran out). The former index stands. Send the request again to start anew."  # noqa: E501


class NoProcess(MachineError):
    """The system starts no further process."""

    code = "no-process"
    ko = "작업을 시작할 수 없습니다: 운영 체제가 새 프로세스를 만들지 못했습니다({reason}). 메모리를 확보한 뒤 다시 보내세요."  # noqa: E501
    en = "The job can't be started: the system makes no further process ({reason}). Free some memory and try again."


class BadUploadName(InputError):
    """A name that no uploaded file can have."""

    code = "bad-upload-name"
    ko = "'{name}'은(는) 올린 파일의 이름이 될 수 없습니다. 글자, 숫자, 빈칸, _-.()로 100자까지. 예) 후기.csv"
    en = "'{name}' can't name an uploaded file: letters, digits, _, -, ., brackets and spaces, at most 100. E.g. reviews.csv"  # noqa: E501


class EmptyUpload(InputError):
    """An upload without a byte."""

    code = "empty-upload"
    ko = "올린 파일이 비어 있습니다. 파일 내용을 요청 본문으로 보내세요. 예) curl -T 후기.csv 주소"
    en = "The upload is empty. Send the file as the request's body, e.g. curl -T reviews.csv URL"


class UploadNotFound(NotFound):
    """A file that was not uploaded."""

    code = "upload-not-found"
    ko = "올린 파일 '{name}'이(가) 없습니다. PUT /v1/uploads/{name}(으)로 먼저 올리세요. 있는 파일: {known}"
    en = "There is no uploaded file '{name}'. Upload it by PUT /v1/uploads/{name} first. Files: {known}"


class UploadsFull(Conflict):
    """As many files lie uploaded as may."""

    code = "uploads-full"
    ko = "올린 파일이 {limit:,}개로 가득 찼습니다(service.uploads). DELETE /v1/uploads/이름 으로 지우세요."
    en = "{limit:,} files lie uploaded already (service.uploads). Remove some by DELETE /v1/uploads/NAME."


class NoUserMessage(InputError):
    """A conversation in which nobody asks anything."""

    code = "no-user-message"
    ko = "messages의 마지막에 role이 user인 글이 있어야 합니다. 그것이 질문이 됩니다."
    en = "The last of the messages must be a text with the role user: it is the question."


class UnknownModel(NotFound):
    """A model name that is no index's."""

    code = "unknown-model"
    ko = "'{model}' 모델이 없습니다. 모델 이름은 hansang/색인이름 입니다. GET /v1/models: {known}"
    en = "There is no model '{model}'. A model is named hansang/INDEX; GET /v1/models lists them: {known}"
