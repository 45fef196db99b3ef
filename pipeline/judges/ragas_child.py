"""The ``ragas`` package at work, in a process and an environment of its own: reads cases, asks through its parent.

A program for the interpreter that has ``ragas`` installed; imports nothing of ours. One line of JSON each way: a case
comes in; a question to the judge (``ask``) or a comparison of texts (``similar``) goes out and is answered; at the end
comes a ``score``, or ``unreadable`` with what was wrong.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from typing import Any, TextIO

os.environ["RAGAS_DO_NOT_TRACK"] = "true"  # before the package is loaded: it reports its use otherwise

from ragas.embeddings.base import BaseRagasEmbedding  # type: ignore[import-not-found]
from ragas.llms.base import InstructorBaseRagasLLM  # type: ignore[import-not-found]
from ragas.metrics.collections import (  # type: ignore[import-not-found]
    AnswerRelevancy,
    ContextPrecision,
    ContextRecall,
    Faithfulness,
)


class Unreadable(Exception):
    """A reply that isn't what the package asked for."""


class Line:
    """The line to the parent."""

    def __init__(self, reading: TextIO, writing: TextIO) -> None:
        self._reading = reading
        self._writing = writing

    def read(self) -> Any:
        """What the parent says next; None when it has gone."""
        line = self._reading.readline()
        return json.loads(line) if line else None

    def say(self, value: Any) -> None:
        """Tell the parent."""
        self._writing.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._writing.flush()

    def ask(self, value: Any) -> Any:
        """Tell the parent and hear its answer."""
        self.say(value)
        answer = self.read()
        if answer is None or "failed" in answer:
            raise Unreadable("failed")
        return answer


class ParentsJudge(InstructorBaseRagasLLM):  # type: ignore[misc]
    """A language model for the package: the judge that the parent asks."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def generate(self, prompt: str, response_model: Any) -> Any:
        """A reply as the model that the package wants."""
        text = self._line.ask({"ask": prompt})["text"]
        start, end = text.find("{"), text.rfind("}")
        if start < 0 or end < start:
            raise Unreadable("JSON 객체가 없습니다")
        try:
            return response_model.model_validate_json(text[start : end + 1])
        except ValueError as error:
            raise Unreadable(f"ragas가 바란 꼴이 아닙니다: {str(error).splitlines()[0]}") from error

    async def agenerate(self, prompt: str, response_model: Any) -> Any:
        """As ``generate``."""
        return self.generate(prompt, response_model)


class ParentsVectors(BaseRagasEmbedding):  # type: ignore[misc]
    """Vectors for the package in two dimensions: those that have the cosines which the parent tells."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._question = ""

    def embed_text(self, text: str, **kwargs: Any) -> list[float]:
        """The question's vector."""
        self._question = text
        return [1.0, 0.0]

    def embed_texts(self, texts: list[str], **kwargs: Any) -> list[list[float]]:
        """The vectors of what is compared with the question before."""
        cosines = self._line.ask({"similar": texts, "question": self._question})["cosines"]
        return [[c, math.sqrt(max(0.0, 1 - c * c))] for c in cosines]

    async def aembed_text(self, text: str, **kwargs: Any) -> list[float]:
        """As ``embed_text``."""
        return self.embed_text(text)

    async def aembed_texts(self, texts: list[str], **kwargs: Any) -> list[list[float]]:
        """As ``embed_texts``."""
        return self.embed_texts(texts)


async def measure(given: Any, line: Line) -> float:
    """The package's own figure for a case."""
    judge, shown = ParentsJudge(line), {"user_input": given["question"]}
    answer, contexts = {"response": given["answer"]}, {"retrieved_contexts": given["contexts"]}
    reference = {"reference": given["reference"]}
    if given["measure"] == "answer_relevancy":
        found = await AnswerRelevancy(llm=judge, embeddings=ParentsVectors(line)).ascore(**shown, **answer)
    elif given["measure"] == "faithfulness":
        found = await Faithfulness(llm=judge).ascore(**shown, **answer, **contexts)
    elif given["measure"] == "context_recall":
        found = await ContextRecall(llm=judge).ascore(**shown, **contexts, **reference)
    else:
        found = await ContextPrecision(llm=judge).ascore(**shown, **contexts, **reference)
    return float(found.value)


def main() -> None:
    """Work until the parent has gone."""
    line = Line(sys.stdin, sys.stdout)
    sys.stdout = sys.stderr  # whatever the package prints must not reach the parent
    while (given := line.read()) is not None:
        try:
            score = asyncio.run(measure(given, line))
        except Unreadable as error:
            line.say({"unreadable": str(error)})
            continue
        if math.isnan(score):
            line.say({"unreadable": "ragas의 값이 NaN입니다"})
        else:
            line.say({"score": score})


if __name__ == "__main__":
    main()
