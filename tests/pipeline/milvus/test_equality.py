"""Whatever is asked of the demo: the answer from a Milvus server is that of the local index, figure for figure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from pipeline.service import Request
from pipeline.types import Trace
from tests.pipeline.milvus.conftest import Both
from tests.pipeline.milvus.lite import questions

CLOSE = 1e-5  # of single precision; no score of the demo lies so close to another of another text


def asked(both: Both, question: str, **how: object) -> tuple[Trace, Trace]:
    request = Request(question, "local", keep=False, **how)  # type: ignore[arg-type]
    *_, local = both.service.ask(request)
    *_, remote = both.service.ask(replace(request, index="remote"))
    return local, remote


@contextmanager
def hits(both: Both, number: int) -> Iterator[None]:
    """As if a search brought so few; the setting begins at a thousand."""
    found = [both.service.rag("remote").retrievers[name] for name in ("bm25", "vector")]
    before = [retriever._hits for retriever in found]  # type: ignore[attr-defined]
    for retriever in found:
        retriever._hits = number  # type: ignore[attr-defined]
    yield
    for retriever, was in zip(found, before, strict=True):
        retriever._hits = was  # type: ignore[attr-defined]


def check(local: Trace, remote: Trace, exact_ranks: int) -> None:
    """Everything is equal; ranks that are no better than ``exact_ranks`` are at least no worse than they are."""
    assert [c.passage.id for c in remote.candidates] == [c.passage.id for c in local.candidates]
    assert remote.extremes.keys() == local.extremes.keys()
    for stage, ends in local.extremes.items():
        assert remote.extremes[stage] == pytest.approx(ends, abs=CLOSE)
    for ours, theirs in zip(local.candidates, remote.candidates, strict=True):
        assert theirs.scores == pytest.approx(ours.scores, abs=CLOSE)
        assert theirs.ranks.keys() == ours.ranks.keys()
        for stage, rank in ours.ranks.items():
            if rank <= exact_ranks:
                assert theirs.ranks[stage] == rank, stage
            else:
                assert exact_ranks < theirs.ranks[stage] <= rank, stage
        assert theirs.in_prompt == ours.in_prompt
    assert remote.answer == local.answer


def test_every_question_of_the_demo(both: Both) -> None:
    for question in questions():
        check(*asked(both, question), exact_ranks=1_000)


def test_with_fewer_hits_than_passages_candidates_and_scores_stay_the_same(both: Both) -> None:
    with hits(both, 60):
        for question in questions()[::3]:
            check(*asked(both, question), exact_ranks=50)


@pytest.mark.parametrize(
    "question", ["마포에서 주차되는 고깃집", "2만원 이하 국밥집 어디 있어?", "해운대 말고 웨이팅 없는 집"]
)
def test_conditions_hold_on_the_server_as_they_do_here(both: Both, question: str) -> None:
    local, remote = asked(both, question)
    assert local.understanding is not None
    assert [chip for chip in local.understanding.chips if chip.mode != "boost"]
    check(local, remote, exact_ranks=1_000)


def test_passages_that_count_as_gone_are_gone_there_too(both: Both) -> None:
    first, _ = asked(both, "주차 편한 고깃집 있어?")
    gone = tuple(c.passage.id for c in first.candidates[:3])
    local, remote = asked(both, "주차 편한 고깃집 있어?", dropped=gone)
    assert not {c.passage.id for c in remote.candidates} & set(gone)
    check(local, remote, exact_ranks=1_000)


def test_rank_fusion_is_the_same_as_far_as_hits_reach(both: Both) -> None:
    for question in questions()[::20]:
        check(*asked(both, question, overrides={"fusion.method": "rrf"}), exact_ranks=1_000)


def test_the_x_ray_of_any_passage_is_the_same(both: Both) -> None:
    passages = both.service.rag("local").index.passages
    with hits(both, 60):
        for row in range(0, len(passages), 40):
            request = Request("달뫼 한우 브레이크타임 몇시부터 몇시까지에요", "local", keep=False)
            local = both.service.explain(request, passages[row].id)
            remote = both.service.explain(replace(request, index="remote"), passages[row].id)
            assert remote.scores == pytest.approx(local.scores, abs=CLOSE)
            assert [c.key for c in remote.contributions] == [c.key for c in local.contributions]
            assert [c.score for c in remote.contributions] == pytest.approx([c.score for c in local.contributions])
            assert remote.exact


def test_a_question_of_which_nothing_is_known(both: Both) -> None:
    local, remote = asked(both, "xyzzy plugh")
    check(local, remote, exact_ranks=1_000)


def test_vectors_of_restaurants_come_from_the_server(both: Both) -> None:
    from pipeline.restaurants.vectors import open_space  # brings much that the other tests don't need

    local, remote = (open_space(both.service.index(name), "kiwi") for name in ("local", "remote"))
    assert np.allclose(remote.mean([5, 3, 200]), local.mean([5, 3, 200]), atol=CLOSE)
