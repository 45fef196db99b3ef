"""The four RAGAS measures by our own Korean prompts: what each reply is worth. Pure but for asking.

Definitions: Es et al., "RAGAS: Automated Evaluation of Retrieval Augmented Generation" (2023, arXiv:2309.15217) for
faithfulness and answer relevancy, the documentation of ``ragas`` (docs.ragas.io, "Context Recall", "Context Precision
with reference") for the other two. What differs from the package: one request for each measure, so that a measure
costs one call; and where the package gives NaN, the reply counts as unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.evaluation.judgements import Measure
from pipeline.judges.prompts import conversation, load
from pipeline.judges.replies import find_object, is_korean, words, yes_or_no
from pipeline.judges.types import Ask, Case, Message, Similarity, Unreadable

QUESTIONS = 3  # that answer relevancy makes up; the package's default strictness


def share(verdicts: Sequence[bool]) -> float:
    """The share that is true: faithfulness |V| / |S| (Es et al., section 3), and context recall likewise."""
    return sum(verdicts) / len(verdicts)


def average_precision(verdicts: Sequence[bool]) -> float:
    """Σₖ precision@k · vₖ / Σₖ vₖ over the ranks (docs.ragas.io, "Context Precision"); 0 where nothing is useful."""
    useful = sum(verdicts)
    if not useful:
        return 0.0
    return sum(sum(verdicts[:k]) / k for k, verdict in enumerate(verdicts, start=1) if verdict) / useful


def relevancy(similarities: Sequence[float], noncommittal: Sequence[bool]) -> float:
    """The mean cosine of made-up questions with the one asked (Es et al., section 3); 0 where all are noncommittal.

    A negative mean counts as 0, so that the measure stays within 0 and 1.
    """
    if all(noncommittal):
        return 0.0
    return min(1.0, max(0.0, sum(similarities) / len(similarities)))


def read_statements(reply: str) -> list[tuple[str, bool]]:
    """Faithfulness: the answer's statements, and whether the passages bear them out.

    Raises:
        Unreadable: the reply doesn't say.
    """
    entries = find_object(reply, "statements")
    return [(words(entry, "statement"), yes_or_no(entry, "verdict")) for entry in entries]


def read_classifications(reply: str) -> list[tuple[str, bool]]:
    """Context recall: the reference's statements, and whether the passages have them.

    Raises:
        Unreadable: the reply doesn't say.
    """
    entries = find_object(reply, "classifications")
    return [(words(entry, "statement"), yes_or_no(entry, "attributed")) for entry in entries]


def read_verdicts(reply: str, passages: int) -> list[bool]:
    """Context precision: whether each passage is useful, in their order.

    Raises:
        Unreadable: the reply doesn't say so of every passage, once.
    """
    entries = find_object(reply, "verdicts")
    numbers = [entry.get("passage") for entry in entries]
    if numbers != list(range(1, passages + 1)):
        raise Unreadable(f'"passage" 번호가 1부터 {passages}까지 차례로 하나씩이 아닙니다')
    return [yes_or_no(entry, "verdict") for entry in entries]


def read_questions(reply: str) -> list[tuple[str, bool]]:
    """Answer relevancy: the questions made up, and whether the answer is noncommittal.

    Raises:
        Unreadable: there aren't three, or one isn't in Korean.
    """
    entries = find_object(reply, "questions")
    found = [(words(entry, "question"), yes_or_no(entry, "noncommittal")) for entry in entries]
    if len(found) != QUESTIONS:
        raise Unreadable(f"질문이 {QUESTIONS}개가 아니라 {len(found)}개입니다")
    if not all(is_korean(question) for question, _ in found):
        raise Unreadable("한국어가 아닌 질문이 있습니다")
    return found


class Ours:
    """Our own prompts, one request a measure. See ``Implementation``."""

    def prompt(self, measure: Measure) -> str:
        """The name and version of the prompt's file."""
        return load(measure).name

    def conversations(self, measure: Measure, case: Case) -> list[Sequence[Message]]:
        """The one conversation; none where there is nothing to ask about."""
        if nothing_retrieved(measure, case):
            return []
        return [conversation(load(measure), measure, case)]

    async def measure(self, measure: Measure, case: Case, ask: Ask, similarity: Similarity) -> float:
        """Ask once and read the reply."""
        if nothing_retrieved(measure, case):
            return 0.0
        reply = await ask(conversation(load(measure), measure, case))
        if measure == "answer_relevancy":
            found = read_questions(reply)
            cosines = await similarity(case.question, [question for question, _ in found])
            return relevancy(cosines, [noncommittal for _, noncommittal in found])
        return _READ[measure](reply, case)

    async def close(self) -> None:
        """Nothing was started."""


def nothing_retrieved(measure: Measure, case: Case) -> bool:
    """Whether a measure of passages is asked for where there is none: then nothing is borne out, and it is 0."""
    return not case.contexts and measure != "answer_relevancy"


_READ: Mapping[Measure, Callable[[str, Case], float]] = {
    "faithfulness": lambda reply, case: share([verdict for _, verdict in read_statements(reply)]),
    "context_recall": lambda reply, case: share([verdict for _, verdict in read_classifications(reply)]),
    "context_precision": lambda reply, case: average_precision(read_verdicts(reply, len(case.contexts))),
}
