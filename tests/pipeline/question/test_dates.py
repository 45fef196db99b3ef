"""Days in questions, counted from Sunday 22 November 2026."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.question.dates import back, find_dates

TODAY = datetime.date(2026, 11, 22)
KNOWN = ("2025-05-01", "2026-10-31")


@pytest.mark.parametrize(
    ("question", "bounds", "label"),
    [
        ("지난달 이후", [">=2026-10-01"], "2026년 10월 이후"),
        ("지지난달", [">=2026-09-01", "<=2026-09-30"], "2026년 9월"),
        ("2월 후기", [">=2026-02-01", "<=2026-02-28"], "2026년 2월"),
        ("12월 후기", [">=2025-12-01", "<=2025-12-31"], "2025년 12월"),
        ("3월 14일 후기", [">=2026-03-14", "<=2026-03-14"], "2026년 3월 14일"),
        ("25년 12월 후기", [">=2025-12-01", "<=2025-12-31"], "2025년 12월"),
        ("2026-03-14 이후", [">=2026-03-14"], "2026년 3월 14일 이후"),
        ("2026.3", [">=2026-03-01", "<=2026-03-31"], "2026년 3월"),
        ("5월 이전엔", ["<=2026-04-30"], "2026년 5월 이전"),
        ("9월까지", ["<=2026-09-30"], "2026년 9월까지"),
        ("3월부터 5월까지", [">=2026-03-01", "<=2026-05-31"], "2026년 3월–2026년 5월"),
        ("2025년 11월부터 2월까지", [">=2025-11-01", "<=2026-02-28"], "2025년 11월–2026년 2월"),
        ("8월~10월", [">=2026-08-01", "<=2026-10-31"], "2026년 8월–2026년 10월"),
        ("작년 여름", [">=2025-06-01", "<=2025-08-31"], "2025년 6월–8월"),
        ("재작년 겨울 후기", [">=2024-12-01", "<=2025-02-28"], "2024년 12월–2025년 2월"),
        ("올봄", [">=2026-03-01", "<=2026-05-31"], "2026년 3월–5월"),
        ("지난여름", [">=2026-06-01", "<=2026-08-31"], "2026년 6월–8월"),
        ("올해 상반기", [">=2026-01-01", "<=2026-06-30"], "2026년 1월–6월"),
        ("올해 3분기", [">=2026-07-01", "<=2026-09-30"], "2026년 7월–9월"),
        ("최근 3개월", [">=2026-08-22"], "최근 3개월"),
        ("한 달 안에 쓴", [">=2026-10-22"], "최근 1개월"),
        ("반년 이내", [">=2026-05-22"], "최근 6개월"),
        ("2주 이내", [">=2026-11-08"], "최근 2주"),
        ("작년이랑 올해 비교", [">=2025-01-01", "<=2026-12-31"], "2025년·2026년"),
        ("어제 올라온 후기", [">=2026-11-21", "<=2026-11-21"], "2026년 11월 21일"),
    ],
)
def test_days(question: str, bounds: list[str], label: str) -> None:
    found = find_dates(question, TODAY, KNOWN)
    assert found is not None
    assert (list(found.bounds), found.label) == (bounds, label)
    assert question[found.start : found.end].strip()


@pytest.mark.parametrize(
    "question",
    "1월 1일에 영업해요?|여름에 야외석|10년 전통|20년 된 노포|1989년 2월 지명수배|1894년 6월 21일|3일 전 예약|"
    "2시간 이내|2월 30일|25년 단골|"
    "이번 주말|오늘 문 열어?|어제 예약했는데|월급날|3월에 쉬어?|2031년|금주법|일주일에 몇 번|이달고 맛있는".split("|"),
)
def test_no_days(question: str) -> None:
    assert find_dates(question, TODAY, KNOWN) is None


def test_a_change_has_another_side() -> None:
    changed = find_dates("작년보다 뭐가 달라졌어?", TODAY, KNOWN)
    assert changed is not None
    assert not changed.strict


@given(
    today=st.dates(datetime.date(2000, 1, 1), datetime.date(2098, 12, 31)),
    text=st.text("0123456789년월일지난올해작 이후전까부터달주최근개~-.", max_size=24),
)
def test_bounds_are_days_in_order(today: datetime.date, text: str) -> None:
    found = find_dates(text, today, (f"{today.year - 1}-01-01", today.isoformat()))
    if found is not None:
        days = [datetime.date.fromisoformat(bound[2:]) for bound in found.bounds]
        assert days == sorted(days)
        assert 0 <= found.start < found.end <= len(text)


@given(today=st.dates(datetime.date(1950, 1, 1), datetime.date(2098, 12, 31)), number=st.integers(1, 40))
def test_back(today: datetime.date, number: int) -> None:
    assert back(today, number, "일") < today
    month = back(today, number, "달")
    assert (today.year * 12 + today.month) - (month.year * 12 + month.month) == number
