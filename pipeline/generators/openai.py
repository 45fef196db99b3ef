"""Answers written by a language model behind any OpenAI-compatible server (vLLM, Ollama, llama.cpp, a hosted one).

The model gets numbered sources and is held to them: what it says without a source, or otherwise than its source, is
marked. Where it gives no answer the answer says why; nothing is put in its place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.endpoint import Endpoint, Named, checked_endpoint
from pipeline.errors.base import HansangError
from pipeline.errors.llm import LlmBroken, LlmBusy, LlmDown, LlmRejected, LlmSlow, NoAnswer, PromptTooLong
from pipeline.evidence.answerability import answerability
from pipeline.evidence.citing import Grounding
from pipeline.evidence.ground import Ground
from pipeline.evidence.phrases import abstention, aside
from pipeline.evidence.reading import read
from pipeline.llm_line import Counted, Line, Turns, line_to, room_for_prompt
from pipeline.prompting.budget import estimated, fitting
from pipeline.prompting.files import Prompt, read_prompt
from pipeline.prompting.messages import messages
from pipeline.setting_groups.models import Llm
from pipeline.streaming import Chunk, Patience, Stream, request_body
from pipeline.types import ASIDES, Answer, Query, ScoredPassage, Trouble, Understanding, Usage
from pipeline.written import Draft, finished, growing

KEY = "HANSANG_LLM_KEY"
BEAT_S = 0.25
"""Seconds after which an answer is yielded again though nothing came, so that whoever waits can leave."""


class LlmGenerator:
    """See Generator and Checked. Only passages in the prompt are cited; answers say which had no room in it."""

    name = "openai"

    def __init__(self, ground: Ground, prompt: Prompt, line: Line, now: Callable[[], float] = time.monotonic) -> None:
        self._ground = ground
        self._limits: Llm = ground.settings.llm
        self._prompt = prompt
        self._line = line
        self._now = now

    def trouble(self) -> HansangError | None:
        """See Checked."""
        return self._line.trouble()

    def generate(
        self, query: Query, understanding: Understanding, candidates: Sequence[ScoredPassage]
    ) -> Iterator[Answer]:
        """See Generator. An answer that is growing is yielded again every ``BEAT_S`` at least, though unchanged.

        Closing the iterator leaves the request, and its connection, at once.
        """
        if understanding.shape in ASIDES:
            yield aside(understanding.shape)
            return
        prompt = [c for c in candidates if c.in_prompt]
        confidence = self._confidence(query, prompt, candidates)
        if not prompt or (self._gates(understanding) and confidence < self._ground.settings.answer.threshold):
            yield abstention(query, understanding, confidence)
            return
        empty = Answer("", kind="generated", confidence=confidence)
        work = _Work(query, understanding, empty, self._now())
        try:
            yield from self._written(work, prompt)
        except NoAnswer as error:
            answer = replace(work.answer, trouble=told(error))
            yield replace(answer, usage=self._usage(work)) if answer.text else replace(answer, note="")

    def _confidence(self, query: Query, prompt: Sequence[ScoredPassage], candidates: Sequence[ScoredPassage]) -> float:
        reading = read(query, prompt, self._ground.passages, self._ground.terms)
        ordered = [*prompt, *(c for c in candidates if not c.in_prompt)]
        return answerability(reading, ordered, self._ground.calibration)

    def _gates(self, understanding: Understanding) -> bool:
        """Whether a low probability is a reason not to ask: lists and sides of a comparison are there or not."""
        named = sum(len(c.values) for c in understanding.chips if c.kind == "restaurant" and c.mode == "filter")
        compares = understanding.shape == "comparison" and named > 1
        return self._limits.gate == "on" and understanding.shape != "list" and not compares

    def _written(self, work: _Work, prompt: Sequence[ScoredPassage]) -> Iterator[Answer]:
        ticket = self._line.enter()
        done = False
        try:
            yield from self._queue(work)
            try:
                yield from self._asked(work, prompt)
            finally:
                assert work.place is not None
                self._line.room.leave(work.place)
            self._line.circuit.succeeded(ticket)
            done = True
        except (LlmDown, LlmSlow, LlmBroken, LlmBusy) as error:
            if work.place is not None:  # else nobody was asked: our own limit says nothing of the server
                self._line.failed(ticket, error)
                done = True
            raise
        except NoAnswer:
            if work.asked:  # it is there, and says no
                self._line.circuit.succeeded(ticket)
                done = True
            raise
        finally:
            if not done:
                self._line.circuit.abandoned(ticket)

    def _queue(self, work: _Work) -> Iterator[Answer]:
        """Wait for a place among the requests under way, no longer than for a first token.

        Raises:
            LlmBusy: there was none in time.
        """
        until = work.began + self._limits.first_token_s
        while (place := self._line.room.try_enter(max(0.0, min(BEAT_S, until - self._now())))) is None:
            if self._now() >= until:
                most = self._line.room.limit
                raise LlmBusy(
                    reason=f"이미 {most}개를 쓰는 중",
                    reason_en=f"{most} are under way",
                    seconds=self._limits.next_token_s,
                )
            yield work.answer
        work.place = place

    def _asked(self, work: _Work, prompt: Sequence[ScoredPassage]) -> Iterator[Answer]:
        sources, counted = self._fit(work.query, prompt)
        while True:
            work.take(sources, prompt, counted, Draft(self._prompt.marker, self._limits.answer_tokens))
            body = request_body(
                self._turns(work.query, sources),
                tokens=self._limits.answer_tokens,
                temperature=self._limits.temperature,
            )
            body = self._line.shaped(body)
            try:
                yield from self._stream(work, body)
            except PromptTooLong:
                if len(sources) < 2:
                    raise
                sources = sources[: len(sources) // 2]  # the estimate was wrong: the best half
            except LlmRejected as error:
                if not self._line.learn(body, str(error.fields["reason"])):
                    raise
            else:
                return

    def _fit(self, query: Query, prompt: Sequence[ScoredPassage]) -> tuple[list[ScoredPassage], Counted]:
        """The passages that there is room for. The first count tells the window, too.

        Raises:
            PromptTooLong: there isn't room for one.
        """
        counted = self._line.count(self._turns(query, prompt))
        room = room_for_prompt(self._limits, counted)
        kept = fitting(prompt, room, lambda some: self._line.count(self._turns(query, some)).tokens)
        if not kept:
            reason = f"{counted.tokens:,}토큰, 자리는 {room:,}토큰 / {counted.tokens:,} tokens, room for {room:,}"
            raise PromptTooLong(reason=reason)
        return kept, counted if len(kept) == len(prompt) else self._line.count(self._turns(query, kept))

    def _turns(self, query: Query, sources: Sequence[ScoredPassage]) -> Turns:
        return messages(query.text, [source.passage for source in sources], self._prompt)

    def _stream(self, work: _Work, body: dict[str, object]) -> Iterator[Answer]:
        draft = work.draft
        assert draft is not None
        work.asked, waited = True, self._now() - work.began
        first_s = max(0.1, self._limits.first_token_s - waited)
        grounding = Grounding(work.sources, self._ground.passages, self._ground.tokenizer, self._ground.restaurants)
        patience = Patience(first_s, self._limits.next_token_s, self._limits.answer_s)
        with Stream(self._line.endpoint, body, patience) as stream:
            try:
                while (chunks := stream.read(BEAT_S)) is not None:
                    if self._took(work, chunks):
                        work.answer = growing(draft, work.answer, grounding, self._ground.tokenizer)
                    yield work.answer
                    if draft.repeats:
                        break
            except NoAnswer as error:
                if not draft.raw:
                    raise
                work.answer = finished(draft, work.answer, grounding, self._ground.tokenizer, error)
                raise
        ended = finished(draft, work.answer, grounding, self._ground.tokenizer)
        if ended.abstained:
            said = abstention(work.query, work.understanding, work.answer.confidence or 0.0)
            ended = replace(ended, text=said.text, note=said.note)
        work.answer = replace(ended, usage=self._usage(work), note=ended.note if ended.text else "")
        yield work.answer

    def _took(self, work: _Work, chunks: Sequence[Chunk]) -> bool:
        """Add what came to the draft; whether there was any text."""
        draft = work.draft
        assert draft is not None
        for chunk in chunks:
            draft.finish = chunk.finish or draft.finish
            work.tokens = chunk.tokens or work.tokens
            draft.add(chunk.text)
        came = any(chunk.text for chunk in chunks)
        if came and work.first_ms is None:
            work.first_ms = (self._now() - work.began) * 1000
        return came

    def _usage(self, work: _Work) -> Usage | None:
        if work.counted is None:
            return None
        model = self._line.endpoint.model
        if work.tokens is not None:
            return Usage(model, *work.tokens, first_token_ms=work.first_ms)
        said = estimated(work.draft.raw) if work.draft else 0
        return Usage(model, work.counted.tokens, said, work.first_ms, estimated=True)


@dataclass(slots=True)
class _Work:
    """One question on its way: the answer as it stands, the sources of the prompt, what the server counted.

    ``place`` is the one that it holds among the requests under way, None before it has one.
    """

    query: Query
    understanding: Understanding
    answer: Answer
    began: float
    place: float | None = None
    asked: bool = False
    sources: Sequence[ScoredPassage] = ()
    draft: Draft | None = None
    counted: Counted | None = None
    tokens: tuple[int, int] | None = None
    first_ms: float | None = None

    def take(
        self, sources: Sequence[ScoredPassage], prompt: Sequence[ScoredPassage], counted: Counted, draft: Draft
    ) -> None:
        """Begin anew with these sources of the prompt."""
        kept = {source.passage.id for source in sources}
        left = tuple(c.passage.id for c in prompt if c.passage.id not in kept)
        note = f"언어 모델이 후기 {len(sources)}건을 읽고 쓴 답입니다."
        note += f" 자리가 없어 {len(left)}건은 넣지 못했습니다." if left else ""
        self.answer = replace(self.answer, left_out=left, note=note)
        self.sources, self.counted, self.draft = sources, counted, draft


def told(error: HansangError) -> Trouble:
    """An error as a part of an answer."""
    return Trouble(error.code, error.korean, error.english)


def load(ground: Ground) -> LlmGenerator:
    """The generator over an index. Nothing is asked yet: the server may come up later.

    Raises:
        BadSetting: the URL or the model can't be one.
        PromptNotFound, PromptUnfit: there is no such prompt.
    """
    limits = ground.settings.llm
    endpoint = Endpoint(limits.url, limits.model, os.environ.get(KEY, ""))
    endpoint = checked_endpoint(endpoint, Named("llm.url", "llm.model"))
    line = line_to(endpoint, limits.concurrency, limits.circuit_failures, limits.circuit_s)
    return LlmGenerator(ground, read_prompt(ground.settings.prompt), line)
