"""The card of the linear reranker: what it was fitted on, how well it does, what it can't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from pipeline.evidence.matching import FEATURES
from pipeline.rerankers.linear import EVIDENCE, Weights


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the questions of one fold, before and after reranking.

    ``ece`` is the expected calibration error of P(relevant) over all candidates, ``top_ece`` that of the first one.
    """

    mrr_before: float
    mrr_after: float
    first_before: float
    first_after: float
    ece: float
    top_ece: float


_CARD = """# 선형 리랭커 (reranker-linear)

질문과 단락이 얼마나 맞는지 보는 특징 {features}개의 가중합입니다. 가중치는 음수가 아니고, 특징은 후보 중 최댓값으로
나눈 몫입니다.
단락이 질문에 답할 확률은 가중합과 단락이 담은 질문 낱말의 몫({evidence}개 값)에 대한 로지스틱 회귀입니다.

## 데이터와 라이선스
KorQuAD 1.0 개발 세트(질문 {questions:,}개, 문서 {articles:,}건; 임승영·김명지·이주열, 2018, CC BY-ND 2.0 KR).
가중치 {numbers}개를 맞추는 데에만 썼고, 글은 이 저장소에 없습니다. 문단 하나가 단락 하나, 문서 제목이 제목입니다.

## 맞추는 방법
- 순위: 융합 점수 상위 {depth}개 후보의 소프트맥스에서 정답 문단의 로그 확률을 최대로, L2 벌점 {ridge}.
- 확률: 모든 후보의 로지스틱 회귀. 질문의 {unanswerable:.0%}에서 정답 문단을 뺐다고 보고 무게를 줍니다.
- 명령: `python -m pipeline.training.reranker --data KORQUAD.json --out models/reranker-linear`
- CPU 2코어에서 1–3분. 같은 파일이면 결과가 같습니다.

## 성능 (문서를 겹치지 않게 나눈 {folds}겹 교차 검증, 평균 ± 표준편차)
| | 융합 순서 | 리랭킹 뒤 |
|---|---|---|
| MRR@10 | {mrr_before} | {mrr_after} |
| R@1 | {first_before} | {first_after} |

확률의 기대 보정 오차(구간 10개): 모든 후보 {ece}, 첫 후보 {top_ece}.
정답 문단을 빼지 않고 쟀으므로 첫 후보의 확률은 실제보다 조금 낮습니다.

## 가중치
| 특징 | 가중치 |
|---|---|
{weights}

## 한계
- 낱말이 겹치는 만큼만 압니다. 바꿔 말한 질문과 판단을 묻는 질문에서는 융합 순서보다 조금 나을 뿐입니다.
- 확률은 답이 한 단락에 있는 질문으로 맞췄습니다. 답이 여러 후기에 흩어진 질문에서는 실제보다 낮게 나옵니다.
- 위키백과 글로 맞췄습니다. 다른 글에서는 순위보다 확률이 덜 옮겨 갑니다.
"""


def write_card(
    path: Path,
    weights: Weights,
    folds: Sequence[Figures],
    *,
    questions: int,
    articles: int,
    depth: int,
    ridge: float,
    unanswerable: float,
) -> None:
    """Write the card of weights that were fitted, with the figures of each fold."""
    rows = [f"| {name} | {value:.3f} |" for name, value in zip(FEATURES, weights.features, strict=True)]
    measured = {f.name: _spread([getattr(fold, f.name) for fold in folds]) for f in fields(Figures)}
    text = _CARD.format(
        features=len(FEATURES),
        evidence=len(EVIDENCE),
        numbers=len(FEATURES) + len(EVIDENCE) + 1,
        questions=questions,
        articles=articles,
        depth=depth,
        ridge=ridge,
        unanswerable=unanswerable,
        folds=len(folds),
        weights="\n".join(rows),
        **measured,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.4f} ± {np.std(values):.4f}"
