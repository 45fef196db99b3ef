"""One judgement from the first call to its line in the ledger: paced, paid for, tried again, and never guessed."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from pipeline.errors.endpoints import EndpointDown
from pipeline.errors.judges import JudgeRefused
from pipeline.evaluation.judgements import Judgement, Measure, Status
from pipeline.judges.costs import MAX_TOKENS, BudgetSpent, Spending
from pipeline.judges.pace import LongWait, Pace
from pipeline.judges.types import CallFailed, Case, Implementation, Judge, Message, Reply, Similarity, Unreadable
from pipeline.prompting.fencing import unmarked

TRIES = 4  # calls for one reply that fail
READINGS = 2  # of a reply that can't be read: the judge is told once what is wrong
_KEPT = 20_000  # characters of a reply


@dataclass(frozen=True, slots=True)
class Bench:
    """All that a judgement needs beside its case. ``similar`` names how questions are compared."""

    judge: Judge
    implementation: Implementation
    pace: Pace
    spending: Spending
    similarity: Similarity
    similar: str = ""
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Todo:
    """A judgement to be made. ``before`` is the one that didn't succeed, whose calls and tokens are carried on."""

    case: Case
    measure: Measure
    digest: str
    before: Judgement | None = None


@dataclass(slots=True)
class _Tally:
    """What a judgement has used so far."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    replies: list[str] = field(default_factory=list)
    said: Sequence[Message] = ()


def digest(measure: Measure, case: Case, implementation: Implementation, similar: str) -> str:
    """Changes with whatever a judgement rests on: the case, the prompt's text, how questions are compared."""
    asked = [[asdict(message) for message in said] for said in implementation.conversations(measure, case)]
    value = [asdict(case), measure, implementation.prompt(measure), asked]
    if measure == "answer_relevancy":
        value.append(similar)
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


async def judge_one(todo: Todo, bench: Bench) -> Judgement:
    """Make one judgement, whatever comes of it.

    Raises:
        BudgetSpent, LongWait: not begun: no money, or no turn for a long time.
        JudgeRefused: the endpoint will never answer.
        EndpointDown: nothing answers there.
    """
    before = todo.before
    tally = _Tally(before.calls, before.tokens_in, before.tokens_out) if before else _Tally()
    begun, paid = tally.calls, tally.tokens_in
    wrong = _Wrong()
    for _ in range(READINGS):
        tally.replies = []

        async def ask(messages: Sequence[Message], wrong: _Wrong = wrong) -> str:
            return await _ask(wrong.again(messages), bench, tally)

        try:
            score = await bench.implementation.measure(todo.measure, todo.case, ask, bench.similarity)
            return _row(todo, bench, tally, "ok", score=score)
        except Unreadable as error:
            wrong = _Wrong(str(error), tally.said, tally.replies[-1] if tally.replies else "")
        except CallFailed as error:
            if not error.reached and tally.tokens_in == paid:
                raise EndpointDown(url=bench.judge.url, reason=error.detail) from error
            return _row(todo, bench, tally, error.status, error.detail)
        except JudgeRefused as error:
            if tally.tokens_in == paid:
                raise
            return _row(todo, bench, tally, "error", error.korean)  # what was paid for must stand in the ledger
        except (BudgetSpent, LongWait):
            if tally.calls == begun:
                raise
            return _row(todo, bench, tally, "parse-fail" if wrong.problem else "error", wrong.problem or _HALF)
    return _row(todo, bench, tally, "parse-fail", wrong.problem)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A reply that couldn't be read: what was wrong with it, what it was a reply to, the reply itself."""

    problem: str = ""
    said: Sequence[Message] = ()
    reply: str = ""

    def again(self, messages: Sequence[Message]) -> list[Message]:
        """The conversation, with the reply and what was wrong with it where it is the one that went wrong.

        Both may say what a review told the judge to, so that their markers are broken up (see ``fencing``).
        """
        if not self.problem or list(messages) != list(self.said):
            return list(messages)
        told = Message("user", _AGAIN.format(problem=unmarked(self.problem)))
        return [*messages, Message("assistant", unmarked(self.reply) or "{}"), told]


async def _ask(messages: Sequence[Message], bench: Bench, tally: _Tally) -> str:
    """One reply, after as many calls as it takes.

    Raises:
        CallFailed: the last of them brought none, either.
        Unreadable: the reply was cut off.
    """
    tally.said = messages
    failure: CallFailed | None = None
    for attempt in range(1, bench.tries + 1):
        try:
            reply = await _call(messages, bench, tally)
        except CallFailed as error:
            failure = error
            if attempt < bench.tries:
                await bench.pace.back_off(attempt, error.retry_after, everybody=error.status == "rate-limited")
            continue
        except (BudgetSpent, LongWait) as stop:
            if failure is None:
                raise
            raise failure from stop  # what was begun has its line; the next one will not begin
        tally.replies.append(reply.text[:_KEPT])
        if reply.cut:
            raise Unreadable("답이 길이 제한에 걸려 끊겼습니다")
        return reply.text
    assert failure is not None
    raise failure


_HALF = "예산이나 호출 수가 다 되어 중간에 멈췄습니다"
_AGAIN = "앞서 준 답은 쓸 수 없었습니다: {problem}. 처음 지시한 꼴의 JSON 객체 하나만 다시 답하세요."


async def _call(messages: Sequence[Message], bench: Bench, tally: _Tally) -> Reply:
    reserved = await bench.spending.reserve(messages)
    open_ = True
    try:
        await bench.pace.turn()
        tally.calls += 1
        try:
            reply = await bench.judge.complete(messages, MAX_TOKENS)
        except CallFailed as error:
            if error.status == "timeout":
                open_ = False
                _count(tally, await bench.spending.settle(reserved, messages, None))
            raise
        open_ = False
        _count(tally, await bench.spending.settle(reserved, messages, reply))
        return reply
    finally:
        if open_:
            await bench.spending.release(reserved)


def _count(tally: _Tally, tokens: tuple[int, int]) -> None:
    tally.tokens_in += tokens[0]
    tally.tokens_out += tokens[1]


def _row(
    todo: Todo, bench: Bench, tally: _Tally, status: Status, detail: str = "", *, score: float | None = None
) -> Judgement:
    return Judgement(
        todo.case.id, todo.measure, bench.implementation.prompt(todo.measure), bench.judge.name, todo.digest,
        status, score, tuple(tally.replies), detail, tally.calls, tally.tokens_in, tally.tokens_out, now(),
    )  # fmt: skip


def now() -> str:
    """This moment (UTC), to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
