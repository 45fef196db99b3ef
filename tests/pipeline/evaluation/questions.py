"""Questions over the small corpus of restaurants, with what is known to be right."""

from __future__ import annotations

from pipeline.types import Question, Sample


def sample(number: int, text: str, kind: str = "keyword", gold: tuple[str, ...] = (), reference: str = "") -> Sample:
    """A question; one without right passages can't be answered."""
    return Sample(Question(f"q{number}", text, kind), reference, gold, bool(gold))


SAMPLES = (
    sample(1, "숯골갈비 주차 무료예요?", gold=("r1",), reference="주차 2시간 무료"),
    sample(2, "연탄집 사장님 친절해요?", gold=("r5",), reference="사장님이 친절하세요"),
    sample(3, "바다횟집 모둠회 대자 얼마예요?", "context", ("r8",), "9만원"),
    sample(4, "아이랑 가기 편한 곳은?", "context", ("r9",), "아이 의자와 놀이방이 있는 바다횟집"),
    sample(5, "숯골갈비 돼지갈비 값은?", gold=("r3",), reference="17,000원"),
    sample(6, "연탄집 옷에 냄새 배나요?", "context", ("r6",), "냄새가 너무 배요"),
    sample(7, "바다횟집 창가 자리 예약해야 하나요?", gold=("r7",), reference="예약해야 앉을 수 있어요"),
    sample(8, "연탄집 근처 환전소는 어디인가요?", "context"),
    sample(9, "숯골갈비 웨이팅 얼마나 걸려요?", gold=("r2", "none"), reference="한 시간"),
    sample(10, "없는 후기를 묻는 질문입니다 와이파이", gold=("none",), reference="없음"),
)

FORKABLE = tuple(each for each in SAMPLES if each.question.id != "q2")
"""Those that ask no classifier: its threads do not live on in a forked process."""
