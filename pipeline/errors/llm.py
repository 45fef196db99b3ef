"""Why a language model's answer is missing, or isn't to be trusted; and prompts that can't be used."""

from __future__ import annotations

from pipeline.errors.base import InputError, MachineError, NotFound


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
