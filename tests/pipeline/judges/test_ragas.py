"""Our measures and those of the ``ragas`` package come to the same on the same stored replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors.judges import JudgeUnavailable
from pipeline.evaluation.judgements import MEASURES, Measure, read_ledger
from pipeline.judges.asking import digest
from pipeline.judges.measures import Ours
from pipeline.judges.ragas_package import RagasPackage, interpreter
from pipeline.judges.sitting import sit
from pipeline.judges.types import Case, Message, Unreadable
from tests.annotations.libraries import python_with
from tests.pipeline.judges.server import Said, serving
from tests.pipeline.judges.test_sitting import CASES, PASSAGES, bench, todo

CASE = Case("q", "주차 돼요?", "지하에 됩니다. 무료입니다.", (*PASSAGES, "(숯골집) 무료"), "지하 주차 무료")

STORED: dict[Measure, list[Any]] = {
    "faithfulness": [[1, 0, 1], [0], [1, 1]],
    "context_recall": [[1, 0], [0, 0, 0], [1]],
    "context_precision": [[0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1]],
    "answer_relevancy": [[0, 0, 0], [1, 0, 1], [1, 1, 1]],
}
COSINES = [0.91, 0.42, 0.77]


def ours(measure: Measure, verdicts: Sequence[int]) -> str:
    """A stored reply to our prompt."""
    entries: list[dict[str, Any]] = []
    for n, verdict in enumerate(verdicts, start=1):
        entries.append(
            {
                "faithfulness": {"statement": f"주장 {n}", "reason": "까닭", "verdict": verdict},
                "context_recall": {"statement": f"문장 {n}", "reason": "까닭", "attributed": verdict},
                "context_precision": {"passage": n, "reason": "까닭", "verdict": verdict},
                "answer_relevancy": {"question": f"질문 {n}?", "noncommittal": verdict},
            }[measure]
        )
    key = {
        "faithfulness": "statements", "context_recall": "classifications", "context_precision": "verdicts",
        "answer_relevancy": "questions",
    }[measure]  # fmt: skip
    return json.dumps({key: entries}, ensure_ascii=False)


def theirs(measure: Measure, reply: str) -> Iterator[str]:
    """The same judgements as the package asks for them, one call after the other."""
    value = json.loads(reply)
    if measure == "faithfulness":
        yield json.dumps({"statements": [entry["statement"] for entry in value["statements"]]})
        yield reply
    elif measure == "context_recall":
        yield reply
    else:
        entries = value["verdicts" if measure == "context_precision" else "questions"]
        yield from (json.dumps(entry) for entry in entries)


async def similar(question: str, others: Sequence[str]) -> list[float]:
    return COSINES[: len(others)]


def the_package() -> RagasPackage:
    return RagasPackage(Path(python_with("ragas")))


def test_without_its_environment_the_cure_is_told(tmp_path: Path) -> None:
    with pytest.raises(JudgeUnavailable, match=r"pip install ragas==0\.4\.3"):
        interpreter({"HANSANG_RAGAS_PYTHON": str(tmp_path / "bin" / "python")})


@pytest.mark.models
def test_both_agree_on_the_same_replies() -> None:
    async def compared() -> list[tuple[Measure, float, float]]:
        package, found = the_package(), []
        try:
            for measure in MEASURES:
                for verdicts in STORED[measure]:
                    reply = ours(measure, verdicts)
                    replies = theirs(measure, reply)

                    async def once(messages: Sequence[Message], reply: str = reply) -> str:
                        return reply

                    async def each(messages: Sequence[Message], replies: Iterator[str] = replies) -> str:
                        return next(replies)

                    one = await Ours().measure(measure, CASE, once, similar)
                    other = await package.measure(measure, CASE, each, similar)
                    assert list(replies) == []  # the package has asked for all of them
                    found.append((measure, one, other))
        finally:
            await package.close()
        return found

    results = asyncio.run(compared())
    assert len(results) == 13
    for measure, one, other in results:
        assert one == pytest.approx(other, abs=1e-9), measure
    assert len({round(one, 6) for _, one, _ in results}) > 6


@pytest.mark.models
def test_its_nan_and_its_unreadable_replies_are_no_scores() -> None:
    async def asked() -> None:
        package = the_package()
        try:
            for reply, problem in (
                ('{"classifications": []}', "NaN"), ("no idea", "JSON"), ('{"x": 1}', "꼴이 아닙니다")
            ):  # fmt: skip

                async def once(messages: Sequence[Message], reply: str = reply) -> str:
                    return reply

                with pytest.raises(Unreadable, match=problem):
                    await package.measure("context_recall", CASE, once, similar)
        finally:
            await package.close()

    asyncio.run(asked())


@pytest.mark.models
def test_a_whole_sitting_with_the_package_keeps_every_reply(tmp_path: Path) -> None:
    reply = '{"classifications": [{"statement": "지하 주차", "reason": "있다", "attributed": 1}]}'
    package = the_package()
    todos = [
        replace(todo(case, "context_recall"), digest=digest("context_recall", case, package, "")) for case in CASES[:2]
    ]
    with serving(lambda body, number: Said(reply)) as server:
        made = sit(tmp_path, todos, replace(bench(server), implementation=package))
        assert "classifications" in server.bodies[0]["messages"][0]["content"]
    assert made.statuses == {"ok": 2}
    assert {(row.prompt, row.score, row.replies) for row in read_ledger(tmp_path)} == {
        ("context_recall@ragas-0.4.3", 1.0, (reply,))
    }
