"""The four measures by the ``ragas`` package itself: its prompts, its formulas, our judge, pace, budget and ledger.

The package lives in an environment of its own and works in a process of its own (``ragas_child``), one case after the
other. See ``Implementation``.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors.base import HansangError
from pipeline.errors.judges import JudgeUnavailable
from pipeline.evaluation.judgements import Measure
from pipeline.judges.costs import BudgetSpent
from pipeline.judges.measures import QUESTIONS, nothing_retrieved
from pipeline.judges.pace import LongWait
from pipeline.judges.prompts import given_of
from pipeline.judges.types import Ask, CallFailed, Case, Message, Similarity, Unreadable
from pipeline.prompting.fencing import all_unmarked

VERSION = "0.4.3"
VARIABLE = "HANSANG_RAGAS_PYTHON"
CHILD = Path(__file__).with_name("ragas_child.py")
_INSTRUCTIONS = Message("system", "x" * 2_500)  # about as long as the package's instructions with their examples


def interpreter(environment: Mapping[str, str] = os.environ) -> Path:
    """The Python that has the package.

    Raises:
        JudgeUnavailable: there is none.
    """
    path = Path(environment.get(VARIABLE) or Path(sys.prefix) / "with" / "ragas" / "bin" / "python")
    if not path.exists():
        folder = path.parents[1]
        cure = f'`python3 -m venv {folder} && {folder}/bin/pip install ragas=={VERSION} "langchain-community<0.4"`'
        raise JudgeUnavailable(
            judge="ragas", reason=f"ragas 패키지의 환경이 없습니다({path})",
            reason_en=f"its environment isn't there ({path})",
            cure=f"{cure}을(를) 실행하거나 {VARIABLE}에 그 파이썬을 적으세요",
            cure_en=f"Run {cure} or set {VARIABLE} to that Python",
        )  # fmt: skip
    return path


class RagasPackage:
    """See ``Implementation``. The process is started when it is first needed."""

    def __init__(self, python: Path) -> None:
        self._python = python
        self._child: subprocess.Popen[str] | None = None
        self._one_by_one = asyncio.Lock()

    def prompt(self, measure: Measure) -> str:
        """The package's version stands for its prompts."""
        return f"{measure}@ragas-{VERSION}"

    def conversations(self, measure: Measure, case: Case) -> list[Sequence[Message]]:
        """As many as the package will have, about as long."""
        if nothing_retrieved(measure, case):
            return []
        calls: dict[Measure, int] = {
            "answer_relevancy": QUESTIONS, "faithfulness": 2, "context_recall": 1,
            "context_precision": len(case.contexts),
        }  # fmt: skip
        text = json.dumps(all_unmarked(given_of(measure, case)), ensure_ascii=False)
        return [(_INSTRUCTIONS, Message("user", text))] * calls[measure]

    async def measure(self, measure: Measure, case: Case, ask: Ask, similarity: Similarity) -> float:
        """Let the package work, and ask for it."""
        if nothing_retrieved(measure, case):
            return 0.0
        async with self._one_by_one:
            given = {
                "question": case.question, "answer": case.answer,
                "contexts": case.contexts, "reference": case.reference,
            }  # fmt: skip
            await self._say({"measure": measure} | all_unmarked(given))
            failure: Exception | None = None
            while True:
                told = await self._hear()
                if "score" in told:
                    return min(1.0, max(0.0, float(told["score"])))
                if "unreadable" in told:
                    raise failure or Unreadable(told["unreadable"])
                try:
                    answer = await _answer(told, ask, similarity)
                except (CallFailed, Unreadable, BudgetSpent, LongWait, HansangError) as error:  # tell the child first
                    failure = error
                    answer = {"failed": True}
                await self._say(answer)

    async def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.communicate()
            self._child = None

    async def _say(self, value: Any) -> None:
        if self._child is None:
            self._child = subprocess.Popen(
                [self._python, "-I", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(value, ensure_ascii=False) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    async def _hear(self) -> Any:
        assert self._child is not None
        assert self._child.stdout is not None
        line = await asyncio.to_thread(self._child.stdout.readline)
        if not line:
            raise self._ended()
        return json.loads(line)

    def _ended(self) -> JudgeUnavailable:
        return JudgeUnavailable(
            judge="ragas", reason="ragas를 돌리던 프로세스가 끝났습니다",
            reason_en="the process that ran ragas has ended",
            cure="위에 나온 그 프로세스의 오류를 보세요", cure_en="See its error above",
        )  # fmt: skip


async def _answer(told: Any, ask: Ask, similarity: Similarity) -> Any:
    if "ask" in told:
        return {"text": await ask([Message("user", told["ask"])])}
    return {"cosines": await similarity(told["question"], told["similar"])}
