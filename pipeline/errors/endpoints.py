"""OpenAI-compatible servers that can't be reached, refuse, or are too slow for a batch of requests."""

from __future__ import annotations

from pipeline.errors.base import MachineError


class EndpointDown(MachineError):
    """An endpoint that no request of a whole batch reached."""

    code = "endpoint-down"
    ko = "{url}에 연결하지 못했습니다({reason}). 서버가 떠 있는지, 주소가 맞는지 확인하고 다시 하면 이어서 합니다."
    en = "{url} could not be reached ({reason}). See that the server is up and the address is right; the next run goes on from here."


class EndpointSlow(MachineError):
    """An endpoint that is there, but answered not one of many requests in time."""

    code = "endpoint-slow"
    ko = "{url}이(가) 요청에 하나도 제때 답하지 못했습니다({reason}). `--timeout`을 늘리거나 `--requests`를 줄이고 다시 하면 이어서 합니다."
    en = "{url} answered not one request in time ({reason}). Raise `--timeout` or lower `--requests`; the next run goes on from here."


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
