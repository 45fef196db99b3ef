"""Questions that can't be asked, and stored answers that aren't there."""

from __future__ import annotations

from pipeline.errors.base import InputError, NotFound


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


class TraceNotFound(NotFound):
    """No stored answer of that id."""

    code = "trace-not-found"
    ko = "'{trace}' 답변 기록이 없습니다. 링크가 잘렸거나 다른 서버의 것입니다. 질문을 다시 해 주세요."
    en = "There is no stored answer '{trace}'. The link is cut or belongs to another server. Please ask again."
