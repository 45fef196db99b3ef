"""The language model's generator against a real server that streams: answers, and every way in which there is none."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pipeline import backends, limiting
from pipeline.config import with_overrides
from pipeline.errors.llm import LlmDown, LlmRefused, LlmResting, PromptNotFound
from pipeline.errors.settings import BadSetting
from pipeline.evidence.ground import Ground
from pipeline.generators.openai import LlmGenerator
from pipeline.llm_line import line_to
from pipeline.protocols import Checked, Tokenizer
from pipeline.settings import Settings
from pipeline.types import Answer, Chip, Understanding
from tests.pipeline.generators.llm_server import LONG, Json, LlmServer, Say
from tests.pipeline.reviews import Reviews, make_reviews

QUESTION = "주차 몇 시간 무료예요?"
PIECES = ("숯골갈비는 건물 지하에", " 주차 2시간이 무료", "입니다.", "[1] 연탄집은 주차비가 3천원", "입니다.[", "2]")


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with LlmServer(Say(PIECES)) as running:
        yield running


def ground(reviews: Reviews, url: str, **overrides: object) -> Ground:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    settings = with_overrides(
        Settings(),
        {"generator": "openai", "llm.url": url, "llm.model": "test-model", "llm.first_token_s": LONG, **named},
    )
    return Ground(reviews.passages, reviews.terms, reviews.tokenizer, settings, None, ("숯골갈비", "연탄집"))


def made(reviews: Reviews, url: str, **overrides: object) -> LlmGenerator:
    loaded: LlmGenerator = backends.load("generator", "openai").load(ground(reviews, url, **overrides))
    return loaded


def stream(
    generator: LlmGenerator, reviews: Reviews, question: str = QUESTION, shape: str = "fact", prompt: int = 5
) -> Iterator[Answer]:
    query = reviews.query(question)
    understanding = Understanding(question, (), shape)  # type: ignore[arg-type]
    return generator.generate(query, understanding, reviews.candidates(query, prompt=prompt))


def last(reviews: Reviews, server: LlmServer, **overrides: object) -> Answer:
    return list(stream(made(reviews, server.url, **overrides), reviews))[-1]


def trouble(answer: Answer) -> str:
    return answer.trouble.code if answer.trouble else ""


def test_an_answer_with_its_sources_and_what_it_took(reviews: Reviews, server: LlmServer) -> None:
    answers = list(stream(made(reviews, server.url), reviews))
    for before, after in itertools.pairwise(answers):
        assert after.text.startswith(before.text)
        assert after.citations[: len(before.citations)] == before.citations
    answer = answers[-1]
    assert answer.text == "숯골갈비는 건물 지하에 주차 2시간이 무료입니다. 연탄집은 주차비가 3천원입니다."
    assert [c.passage_id for c in answer.citations] == ["r0", "r4"]
    assert (answer.kind, answer.abstained, answer.doubts, answer.trouble) == ("generated", False, (), None)
    assert answer.confidence is not None
    assert answer.usage is not None
    assert (answer.usage.model, answer.usage.tokens_in, answer.usage.tokens_out) == ("test-model", 100, 10)
    assert answer.usage.first_token_ms is not None
    assert not answer.usage.estimated


@pytest.mark.parametrize("told", [(10**30, 10), (100, -1)])
def test_a_count_of_tokens_that_cannot_be_is_none(reviews: Reviews, told: tuple[int, int]) -> None:
    with LlmServer(Say(PIECES, usage=told)) as server:
        answer = last(reviews, server)
    assert answer.usage is not None
    assert answer.usage.estimated
    assert 0 < answer.usage.tokens_in < 10_000


def test_what_is_sent(reviews: Reviews, server: LlmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSANG_LLM_KEY", "planted-secret")
    answer = last(reviews, server, llm__temperature=0.5, llm__answer_tokens=77)
    (body,) = server.bodies
    assert (body["model"], body["stream"], body["temperature"], body["max_tokens"]) == ("test-model", True, 0.5, 77)
    assert body["stream_options"] == {"include_usage": True}
    assert QUESTION in body["messages"][-1]["content"]
    assert "건물 지하에 주차 2시간" in body["messages"][-1]["content"]
    assert server.headers[0]["Authorization"] == "Bearer planted-secret"
    assert "planted-secret" not in repr(answer)


def test_the_prompt_is_a_setting(reviews: Reviews, server: LlmServer) -> None:
    last(reviews, server)
    last(reviews, server, prompt="answer@2")
    first, second = (len(body["messages"]) for body in server.bodies)
    assert first > second
    with pytest.raises(PromptNotFound, match="answer@1"):
        made(reviews, server.url, prompt="answer@77")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x/v1", "http://"])
def test_a_url_that_is_none(reviews: Reviews, url: str) -> None:
    with pytest.raises(BadSetting, match=r"llm\.url"):
        made(reviews, url)


def test_a_url_holds_no_credentials_as_settings_are_stored_and_shown(reviews: Reviews) -> None:
    with pytest.raises(BadSetting, match="HANSANG_LLM_KEY") as caught:
        made(reviews, "http://me:planted-secret@127.0.0.1:1/v1")
    assert "planted-secret" not in f"{caught.value} {caught.value.english}"


# what a reply may be


@pytest.mark.parametrize(
    ("say", "code", "text"),
    [
        (Say([]), "reply-empty", ""),
        (Say([" \n", "[1]"]), "reply-empty", ""),
        (Say(["주차는 무료입니다.[1] "] * 60), "reply-repeats", "주차는 무료입니다."),
        (Say(["주차는 2시간 무료", "입니다.[1] 그리"], finish="length"), "reply-cut", "주차는 2시간 무료입니다. 그리"),
        (Say(["Parking is free for 2 hours.[1]"]), "reply-foreign", "Parking is free for 2 hours."),
        (Say(["주차는 2시간 무료입니다."]), "reply-uncited", "주차는 2시간 무료입니다."),
        (Say(["주차는 2시간 무료입니다.[9]"]), "reply-uncited", "주차는 2시간 무료입니다."),
    ],
)
def test_a_reply_with_something_wrong_says_so(
    reviews: Reviews, server: LlmServer, say: Say, code: str, text: str
) -> None:
    server.say = say
    answer = last(reviews, server)
    assert (trouble(answer), answer.text, answer.abstained) == (code, text, False)
    assert answer.trouble is not None
    assert answer.trouble.ko != answer.trouble.en


def test_citing_nine_of_five_and_a_wrong_number_are_marked(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(["숯골갈비는 주차가 5시간 무료입니다.[1][9]"])
    answer = last(reviews, server)
    assert [c.passage_id for c in answer.citations] == ["r0"]
    assert [(d.kind, d.what) for d in answer.doubts] == [("unknown-source", "[9]"), ("number", "5시간")]
    assert answer.trouble is None


@pytest.mark.parametrize("reply", ["후기에서 답을 찾지 못했습니다.", "제공된 후기에는 그런 정보가 없습니다."])
def test_the_model_may_abstain(reviews: Reviews, server: LlmServer, reply: str) -> None:
    server.say = Say(list(reply))
    answers = list(stream(made(reviews, server.url), reviews))
    assert (answers[-1].abstained, answers[-1].kind, answers[-1].citations) == (True, "abstention", ())
    assert answers[-1].trouble is None
    assert "찾지 못했습니다" in answers[-1].text


def test_a_marker_that_is_coming_is_not_shown(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(list("후기에서 답을 찾지 못했습니다."))
    assert {answer.text for answer in stream(made(reviews, server.url), reviews) if not answer.abstained} <= {""}


def test_a_refusal_is_no_answer_and_says_whose(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(["죄송합니다. 도와드릴 수 없습니다."])
    answer = last(reviews, server)
    assert answer.abstained
    assert trouble(answer) == "reply-refused"


def test_tokens_that_the_server_does_not_count_are_estimated(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(PIECES, usage=None)
    usage = last(reviews, server).usage
    assert usage is not None
    assert usage.estimated
    assert usage.tokens_in > 100
    assert usage.tokens_out > 10


def test_characters_that_end_lines_elsewhere_do_not_break_events(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(["주차는\u2028 2시간", "\x85 무료\u2029입니다.[1]"])
    answer = last(reviews, server)
    assert "무료" in answer.text
    assert [c.passage_id for c in answer.citations] == ["r0"]


# asked or not


def test_what_cannot_be_answered_is_not_asked_unless_the_gate_is_off(reviews: Reviews, server: LlmServer) -> None:
    question = "와이파이 비밀번호 뭐예요?"
    assert list(stream(made(reviews, server.url), reviews, question))[-1].abstained
    assert not server.bodies
    list(stream(made(reviews, server.url, llm__gate="off"), reviews, question))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("shape", ["talk", "system", "unclear"])
def test_what_asks_nothing_of_reviews_is_not_asked(reviews: Reviews, server: LlmServer, shape: str) -> None:
    assert list(stream(made(reviews, server.url), reviews, "고마워", shape))[-1].abstained
    assert not server.bodies


def test_without_sources_nothing_is_asked(reviews: Reviews, server: LlmServer) -> None:
    assert list(stream(made(reviews, server.url, llm__gate="off"), reviews, prompt=0))[-1].abstained
    assert not server.bodies


def test_a_comparison_of_named_restaurants_passes_the_gate(reviews: Reviews, server: LlmServer) -> None:
    both = Chip("r", "restaurant", ("숯골갈비", "연탄집"), "둘")
    query = reviews.query("와이파이는 어디가 빨라?")
    asked = Understanding("와이파이는 어디가 빨라?", (both,), "comparison")
    list(made(reviews, server.url).generate(query, asked, reviews.candidates(query)))
    assert len(server.bodies) == 1


# room


def test_passages_without_room_are_left_out_whole_and_told(reviews: Reviews, server: LlmServer) -> None:
    server.window = 100_000
    last(reviews, server)
    whole = sum(len(turn["content"]) for turn in server.bodies[-1]["messages"])
    server.window = whole - 20 + 512
    answer = last(reviews, server)
    prompt = server.bodies[-1]["messages"][-1]["content"]
    assert sum(len(turn["content"]) for turn in server.bodies[-1]["messages"]) <= whole - 20
    assert answer.left_out
    assert "넣지 못했습니다" in answer.note
    texts = {p: reviews.passages[reviews.passages.rows[p]].text for p in (f"r{i}" for i in range(10))}
    assert not any(texts[name] in prompt for name in answer.left_out)
    assert prompt.count("</후기>") == 5 - len(answer.left_out)
    assert f'번호="{5 - len(answer.left_out)}"' in prompt
    assert answer.citations[0].passage_id == "r0"  # the best was kept


def test_a_question_without_room_for_one_passage_says_so(reviews: Reviews, server: LlmServer) -> None:
    assert trouble(last(reviews, server, llm__context_tokens=700)) == "prompt-too-long"
    assert trouble(last(reviews, server, llm__context_tokens=256)) == "prompt-too-long"
    assert not server.bodies


def test_where_the_estimate_was_wrong_the_best_half_is_tried(reviews: Reviews, server: LlmServer) -> None:
    def strict(body: Json) -> Say:
        if body["messages"][-1]["content"].count("</후기>") > 2:
            return Say(status=400, message="This model's maximum context length is 900 tokens.")
        return Say(PIECES)

    server.say = strict
    answer = last(reviews, server)
    assert len(server.bodies) == 2
    assert len(answer.left_out) == 3
    assert answer.citations
    server.say = Say(status=400, message="This model's maximum context length is 9 tokens.")
    assert trouble(last(reviews, server)) == "prompt-too-long"


# servers that are down, slow, broken, busy


def test_nobody_there(reviews: Reviews, server: LlmServer) -> None:
    with LlmServer(Say()) as other:
        url = other.url
    answer = list(stream(made(reviews, url), reviews))[-1]
    assert trouble(answer) == "llm-down"
    assert answer.text == ""
    assert (answer.note, answer.usage) == ("", None)  # nobody read or wrote anything
    assert isinstance(made(reviews, url).trouble(), LlmDown)


@pytest.mark.parametrize(("status", "code"), [(401, "llm-refused"), (404, "llm-refused"), (400, "llm-rejected")])
def test_a_server_that_says_no_is_asked_once(reviews: Reviews, server: LlmServer, status: int, code: str) -> None:
    server.say = Say(status=status, message="no such thing")
    answer = last(reviews, server)
    assert trouble(answer) == code
    assert answer.trouble is not None
    assert "no such thing" in answer.trouble.ko
    assert len(server.bodies) == 1


def test_an_account_without_money_is_not_waited_for(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(status=429, message="You exceeded your quota (insufficient_quota)")
    assert trouble(last(reviews, server)) == "llm-refused"
    assert len(server.bodies) == 1


def test_it_is_asked_again_as_long_as_nothing_has_come(reviews: Reviews, server: LlmServer) -> None:
    outcomes = iter([Say(status=503, message="loading"), Say(then="drop"), Say(PIECES)])
    server.say = lambda body: next(outcomes)
    answer = last(reviews, server)
    assert len(server.bodies) == 3
    assert answer.trouble is None
    assert answer.citations


def test_a_server_that_asks_for_more_patience_than_there_is_is_busy(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(status=429, message="slow down", headers={"Retry-After": "900"})
    answer = last(reviews, server)
    assert trouble(answer) == "llm-busy"
    assert answer.trouble is not None
    assert "900" in answer.trouble.ko
    assert len(server.bodies) == 1


@pytest.mark.parametrize("then", ["drop", "error", "endless"])
def test_a_break_in_mid_answer_keeps_what_came_and_is_not_asked_again(
    reviews: Reviews, server: LlmServer, then: str
) -> None:
    server.say = Say(["숯골갈비는 주차 2시간이 무료입니다.[1]", " 그리고 연탄"], then=then)
    answer = last(reviews, server)
    assert trouble(answer) == "llm-broken"
    assert answer.text == "숯골갈비는 주차 2시간이 무료입니다. 그리고 연탄"
    assert [c.passage_id for c in answer.citations] == ["r0"]
    assert len(server.bodies) == 1


def test_half_an_emoji_is_shown_as_broken_and_can_be_written_down(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(["숯골갈비는 주차 2시간이 무료입니다", " \ud83d.[1]"])
    answer = last(reviews, server)
    assert answer.text == "숯골갈비는 주차 2시간이 무료입니다 \ufffd."
    assert answer.trouble is None


@pytest.mark.parametrize(("pieces", "setting"), [((), "llm.first_token_s"), (("주차는",), "llm.next_token_s")])
def test_silence_ends_by_the_deadline_of_the_first_or_the_next_token(
    reviews: Reviews, server: LlmServer, pieces: tuple[str, ...], setting: str
) -> None:
    server.say = Say(pieces, then="hang")
    answer = last(reviews, server, **{setting.replace(".", "__"): 0.3})
    assert trouble(answer) == "llm-slow"
    assert answer.trouble is not None
    assert setting in answer.trouble.ko
    assert answer.text == "".join(pieces)
    assert server.gone.acquire(timeout=LONG)  # the server saw us leave
    assert len(server.bodies) == 1


def test_a_model_that_thinks_for_ever_is_given_up(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(("주차는",), then="think")
    answer = last(reviews, server, llm__answer_s=0.6, llm__next_token_s=LONG, llm__first_token_s=LONG)
    assert trouble(answer) == "llm-slow"
    assert answer.trouble is not None
    assert "llm.answer_s" in answer.trouble.ko
    assert "last" in answer.trouble.en
    assert answer.text == "주차는"
    assert server.gone.acquire(timeout=LONG)


@pytest.mark.parametrize("pieces", [(), ("숯골갈비는", " 주차가")])
def test_leaving_closes_the_connection_at_once(reviews: Reviews, server: LlmServer, pieces: tuple[str, ...]) -> None:
    server.say = Say(pieces, then="hang")
    with closing(stream(made(reviews, server.url, llm__next_token_s=LONG), reviews)) as answers:  # type: ignore[type-var]
        for answer in answers:
            if answer.text == "".join(pieces) and server.running:
                break
    assert server.gone.acquire(timeout=LONG)


def test_no_more_are_under_way_than_allowed(reviews: Reviews, server: LlmServer) -> None:
    generator = made(reviews, server.url, llm__concurrency=3)
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(list(stream(generator, reviews))[-1])) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(answers) == 12
    assert all(answer.citations for answer in answers)
    assert server.most_running <= 3


def test_while_memory_is_short_a_server_of_this_machine_is_asked_one_thing_at_a_time(
    reviews: Reviews, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "available_memory", lambda: 0)
    generator = made(reviews, server.url, llm__concurrency=3)
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(list(stream(generator, reviews))[-1])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert [bool(answer.citations) for answer in answers] == [True] * 6
    assert server.most_running == 1


def test_who_finds_no_place_in_time_is_told_so_and_the_server_is_not_blamed(
    reviews: Reviews, server: LlmServer
) -> None:
    server.say = Say((), then="hang")
    overrides: dict[str, Any] = {"llm__concurrency": 1, "llm__circuit_failures": 1}
    patient = made(reviews, server.url, **overrides)
    hasty = made(reviews, server.url, llm__first_token_s=0.3, **overrides)
    with closing(stream(patient, reviews)) as first:  # type: ignore[type-var]
        for _ in first:
            if server.running:
                break
        assert trouble(list(stream(hasty, reviews))[-1]) == "llm-busy"
    server.say = Say(PIECES)
    assert trouble(list(stream(patient, reviews))[-1]) == ""  # and not llm-resting
    assert hasty.trouble() is None


def test_after_failures_in_a_row_it_is_left_alone_and_said_so(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(then="drop")
    generator = made(reviews, server.url, llm__circuit_failures=2, llm__circuit_s=3600)
    assert [trouble(list(stream(generator, reviews))[-1]) for _ in range(2)] == ["llm-broken"] * 2
    asked = len(server.bodies)
    answer = list(stream(generator, reviews))[-1]
    assert trouble(answer) == "llm-resting"
    assert answer.text == ""
    assert len(server.bodies) == asked
    assert isinstance(generator.trouble(), LlmResting)


def test_a_server_that_says_no_is_there(reviews: Reviews, server: LlmServer) -> None:
    server.say = Say(status=400, message="bad")
    generator = made(reviews, server.url, llm__circuit_failures=1, llm__circuit_s=3600)
    assert trouble(list(stream(generator, reviews))[-1]) == "llm-rejected"
    server.say = Say(PIECES)
    assert list(stream(generator, reviews))[-1].citations


# what a server does not take


def test_a_template_without_a_system_role(reviews: Reviews, server: LlmServer) -> None:
    def gemma(body: Json) -> Say:
        if body["messages"][0]["role"] == "system":
            return Say(status=400, message="System role not supported")
        return Say(PIECES)

    server.say = gemma
    generator = made(reviews, server.url)
    assert list(stream(generator, reviews))[-1].citations
    assert list(stream(generator, reviews))[-1].citations
    assert len(server.bodies) == 3  # it is remembered


def test_fields_that_a_server_does_not_know_are_left_out(reviews: Reviews, server: LlmServer) -> None:
    def newer(body: Json) -> Say:
        if "max_tokens" in body:
            return Say(status=400, message="Unsupported parameter: use 'max_completion_tokens' instead.")
        if "temperature" in body:
            return Say(status=400, message="Unsupported value: 'temperature'")
        return Say(PIECES)

    server.say = newer
    assert last(reviews, server, llm__answer_tokens=99).citations
    assert server.bodies[-1]["max_completion_tokens"] == 99


# whether it can be used


def test_it_says_whether_it_can_be_used(reviews: Reviews, server: LlmServer) -> None:
    generator = made(reviews, server.url)
    assert isinstance(generator, Checked)
    assert generator.trouble() is None
    with LlmServer(Say()) as other:
        other.models = ["another"]
        wrong = made(reviews, other.url).trouble()
    assert isinstance(wrong, LlmRefused)
    assert "another" in wrong.korean
    assert "test-model" in wrong.korean


def test_pipelines_over_one_server_share_a_line(reviews: Reviews, server: LlmServer) -> None:
    before = line_to.cache_info().currsize
    made(reviews, server.url)
    made(reviews, server.url, llm__temperature=1, prompt="answer@2")
    assert line_to.cache_info().currsize == before + 1
