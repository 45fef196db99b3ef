"""The changes of a growing trace, put together, are the trace."""

import json
from dataclasses import replace
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.trace_json import to_json
from pipeline.trace_stream import change, grown
from pipeline.types import Answer, Citation, Passage, Question, ScoredPassage, Source, Trace, Understanding

NUMBERS = st.floats(-100, 100, allow_nan=False)
ANSWERS = st.builds(Answer, st.text(max_size=5), st.just((Citation("글", "p0", 0, 1),)), confidence=st.none() | NUMBERS)
STATES = st.sampled_from(["understood", "retrieved", "reranked", "answering", "done"])


@st.composite
def growing(draw: st.DrawFn) -> list[Trace]:
    """A trace, and what becomes of it: candidates come, are scored, moved, marked; fields change or stay."""
    trace = Trace("t", Question("t", "주차 돼요?"), "demo", {"retrieval.k": 5}, understanding=Understanding("주차"))
    traces = [trace]
    for stage in draw(st.lists(st.sampled_from(["bm25", "fused", "rerank", "late"]), unique=True, max_size=4)):
        candidates = trace.candidates + tuple(
            ScoredPassage(Passage(f"p{n}", f"글 {n}", Source("d")), n)
            for n in range(len(trace.candidates), len(trace.candidates) + draw(st.integers(0, 3)))
        )
        scored = [c.scored(stage, draw(NUMBERS), 1) if draw(st.booleans()) else c for c in candidates]
        marked = [replace(c, in_prompt=draw(st.booleans())) if draw(st.booleans()) else c for c in scored]
        trace = replace(
            trace,
            state=draw(STATES),
            candidates=tuple(draw(st.permutations(marked))),
            answer=draw(st.none() | ANSWERS),
            extremes=draw(st.dictionaries(st.just("bm25"), st.tuples(NUMBERS, NUMBERS))),
            timings_ms={stage: draw(NUMBERS)},
        )
        traces.append(trace)
    return traces


@given(growing())
def test_after_every_change_the_whole_is_the_trace_as_it_then_was(traces: list[Trace]) -> None:
    changes = [change(before, after) for before, after in pairwise([None, *traces])]
    sent = json.loads(json.dumps(changes))
    wholes = list(accumulate(sent, grown, initial={}))[1:]
    assert wholes == json.loads(json.dumps([to_json(trace) for trace in traces]))


@given(growing())
def test_nothing_is_sent_twice(traces: list[Trace]) -> None:
    for trace in traces:
        assert change(trace, trace) == {}
    for before, after in pairwise(traces):
        old = {c.passage.id: c for c in before.candidates}
        for sent in change(before, after).get("candidates", ()):
            known = old.get(sent["passage_id"])
            assert ("text" in sent) == (known is None)
            assert known is None or not sent.get("scores", {}).keys() & known.scores.keys()


def test_candidates_that_are_gone_are_gone() -> None:
    found = ScoredPassage(Passage("p0", "글", Source("d")), 0)
    before = Trace("t", Question("t", "주차"), "demo", {}, candidates=(found,))
    assert grown(to_json(before), change(before, replace(before, candidates=())))["candidates"] == []
