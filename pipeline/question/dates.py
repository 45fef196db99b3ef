"""When a question says "지난달 이후": days in a question about reviews, as bounds. Knows the calendar, no metadata.

Only words that select reviews by their date count: "여름에 야외석 있어?" and "1월 1일에 영업해요?" ask
about the restaurant.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace

Days = tuple[datetime.date, datetime.date]
"""First and last day, both included."""

RECENT_MONTHS = 6
"""How far back 요즘 goes where reviews are counted, from the month of the newest."""

_DAY = datetime.timedelta(days=1)
_NUMBERS = {"한": 1, "하나": 1, "일": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "열": 10}
_SEASONS = {"봄": 3, "여름": 6, "가을": 9, "겨울": 12}

_POINT = re.compile(
    r"""(?<![\d.])(?:
      (?P<iso>(?:19|20)\d\d\s?[-./]\s?\d{1,2}(?:\s?[-./]\s?\d{1,2})?(?!\d))
    | (?:(?P<year>[12]\d{3}|\d\d)\s*년(?:도)?(?!\s*(?:동안|간|째|전통|된
           |이내|안에|내에|전|넘|이상|차|만에|단골|경력|정도))
        |(?<![가-힣])(?P<word>재작년|작년|지난\s*해|올\s*해|금년|이번\s*년도|올(?=\s*(?:봄|여름|가을|겨울|\d{1,2}\s*월))
           |(?:지난|이번)(?=\s*(?:봄|여름|가을|겨울|\d{1,2}\s*월))))
      (?:에|의|도)?\s*(?:(?P<season>봄|여름|가을|겨울)|(?P<half>상반기|하반기)|(?P<quarter>[1-4])\s*분기
         |(?P<month>1[0-2]|0?[1-9])\s*월(?:\s*(?P<day>[12]\d|3[01]|0?[1-9])\s*일)?)?
    | (?P<bare>1[0-2]|0?[1-9])\s*월(?!급|세|요일|말고)(?:\s*(?P<bareday>[12]\d|3[01]|0?[1-9])\s*일)?
    | (?<![가-힣])(?P<relative>이번\s*달|이\s?달(?=[\s에의은이]|$)|지지난\s*달|저저번\s*달
         |지난\s*달|저번\s*달|이번\s*주(?!말)|금주(?=[\s에의]|$)
         |지지난\s*주(?!말)|저저번\s*주(?!말)|지난\s*주(?!말)|저번\s*주(?!말)|어제|그저께|그제|오늘)
    )""",
    re.VERBOSE,
)
_LENGTH = re.compile(
    r"""(?P<lead>(?:최근|지난|요즘|근래)\s*)?(?<!\d)(?:(?P<half>반\s?년)
      |(?P<n>\d{1,3}|한|두|세|석|네|넉|다섯|여섯|열|일)\s*(?P<unit>일(?!\s?년)|주일?|개월|달|년))
      \s*(?P<trail>이내|안에|안으로|안(?=의|\s|$)|내에|내(?=의|\s|$)|전\s?(?:부터|이후)|사이|동안|간(?!격))?""",
    re.VERBOSE,
)
_AFTER = re.compile(r"\s*(?:이후|부터|이래|뒤로|지나(?:서|고))(?:로|에|의|부터|로는)?(?:는|도|만)?")
_BEFORE = re.compile(r"\s*(?:이전|전)(?:에|엔|의|까지)?(?:는|도|만)?(?=\s|$|[?,.])")
_UNTIL = re.compile(r"\s*까지(?:의|는)?")
_TO = re.compile(r"\s*(?:부터|에서|~|-|–)\s*$")
_BUSINESS = re.compile(
    r"영업|휴무|휴일|쉬(?:는|나|어|세|지|죠|니|냐)|쉽니|문\s?(?:을\s?)?(?:열|여|닫)|여나|여는|열어|닫|운영|오픈|예약|가능"
    r"|숙성|배송|보관|환불|유통|무료|할인|이벤트"
)
_SINGLE_DAYS = ("오늘", "어제", "그제", "그저께")
_WRITTEN = re.compile(r"\s*(?:올라온|올린|등록|작성|쓴|써진|자\s|이후|부터|후기|리뷰)")
_CHANGE = re.compile(
    r"달라|바뀌|바뀐|변했|변한|변화|올랐|오른|올린|올렸|인상|인하|비교|비해|대비|보다|예전|나아졌|나빠졌|줄었|늘었"
)
_REVIEWS = re.compile(r"후기|리뷰|평(?:가|점|이|은|들|만)|방문|작성|올라온|남긴|쓴|등록")


@dataclass(frozen=True, slots=True)
class DateMention:
    """Days that a question selects: ISO bounds that must all hold, and where it says so.

    ``strict`` is false where days are named as one side of a change ("작년보다 뭐가 달라졌어?"), whose other side
    they lack.
    """

    bounds: tuple[str, ...]
    label: str
    start: int
    end: int
    strict: bool = True


@dataclass(frozen=True, slots=True)
class _Point:
    days: Days
    start: int
    end: int
    own_year: bool


def find_dates(question: str, today: datetime.date, known: tuple[str, str]) -> DateMention | None:
    """The days that a question asks for, or None.

    Args:
        today: what 지난달 and the like count from.
        known: first and last ISO date of the index; years long before the first one are history, not reviews' dates.
    """
    points = [point for found in _POINT.finditer(question) if (point := _point(found, question, today, known))]
    if not points:
        return _length(question, today)
    first = points[0]
    for second in points[1:]:
        if _TO.search(question[first.end : second.start]) and second.start - first.end <= len(" 부터 "):
            return _range(question, first, second)
    if len(points) > 1:
        return _envelope(points)
    mention = _open(question, first)
    return replace(mention, strict=False) if len(mention.bounds) > 1 and _CHANGE.search(question) else mention


def _bounded(days: Days, label: str, start: int, end: int) -> DateMention:
    return DateMention((f">={days[0].isoformat()}", f"<={days[1].isoformat()}"), label, start, end)


def _open(question: str, point: _Point) -> DateMention:
    name = label_of(point.days)
    if found := _AFTER.match(question, point.end):
        return DateMention((f">={point.days[0].isoformat()}",), f"{name} 이후", point.start, found.end())
    if found := _BEFORE.match(question, point.end):
        last = (point.days[0] - _DAY).isoformat()
        return DateMention((f"<={last}",), f"{name} 이전", point.start, found.end())
    if found := _UNTIL.match(question, point.end):
        return DateMention((f"<={point.days[1].isoformat()}",), f"{name}까지", point.start, found.end())
    return _bounded(point.days, name, point.start, point.end)


def _range(question: str, first: _Point, second: _Point) -> DateMention:
    low, high = first.days[0], second.days[1]
    if not first.own_year and second.own_year is False and low > high:
        low = back(low, 1, "년")
    elif not second.own_year:
        while high < low:
            high = _month(high.year + 1, high.month)[1]
    found = _UNTIL.match(question, second.end) or re.compile(r"\s*사이(?:에)?").match(question, second.end)
    end = found.end() if found else second.end
    return _bounded((low, high), f"{label_of(first.days)}–{label_of(second.days)}", first.start, end)


def _envelope(points: list[_Point]) -> DateMention:
    # "작년이랑 올해 비교하면": both must be among the reviews, and everything between does no harm.
    low, high = min(point.days[0] for point in points), max(point.days[1] for point in points)
    label = "·".join(label_of(point.days) for point in points)
    return _bounded((low, high), label, points[0].start, points[0].end)


def _length(question: str, today: datetime.date) -> DateMention | None:
    for found in _LENGTH.finditer(question):
        if found["trail"] in (None, "사이", "동안", "간") and not found["lead"]:
            continue
        if _BUSINESS.search(question) and not _REVIEWS.search(question):
            continue
        number, unit = (6, "개월") if found["half"] else (_number(found["n"]), found["unit"])
        if not number:
            continue
        low = back(today, number, unit)
        label = (
            "최근 6개월"
            if found["half"]
            else f"최근 {number}{'주' if unit.startswith('주') else '개월' if unit == '달' else unit}"
        )
        return DateMention((f">={low.isoformat()}",), label, found.start(), found.end())
    return None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else _NUMBERS[word]


def back(today: datetime.date, number: int, unit: str) -> datetime.date:
    """The day so many 일, 주, 개월, 달 or 년 before today; months keep the day where the month has it."""
    if unit == "일" or unit.startswith("주"):
        return today - _DAY * (number if unit == "일" else 7 * number)
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "년" else 1)
    first, last = _month(max(1, months // 12), months % 12 + 1)
    return min(last, first + _DAY * (today.day - 1))


def _month(year: int, month: int) -> Days:
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return datetime.date(year, month, 1), following - _DAY


def _season(year: int, season: str) -> Days:
    first = _month(year, _SEASONS[season])[0]
    last = _month(year + (first.month == 12), (first.month + 1) % 12 + 1)[1]
    return first, last


def _point(found: re.Match[str], question: str, today: datetime.date, known: tuple[str, str]) -> _Point | None:
    about_reviews = bool(_REVIEWS.search(question)) or bool(_AFTER.match(question, found.end()))
    if not about_reviews and _BUSINESS.search(question):
        return None
    if found["relative"] in _SINGLE_DAYS and not _WRITTEN.match(question, found.end()):
        return None
    try:
        days = _days(found, today)
    except ValueError:  # 2월 30일
        return None
    oldest = int(known[0][:4]) - (0 if about_reviews else 1)
    if days is None or days[0] > today or (days[1].year < oldest and not _REVIEWS.search(question)):
        return None
    return _Point(days, found.start(), found.start() + len(found.group().rstrip()), own_year=not found["bare"])


def _days(found: re.Match[str], today: datetime.date) -> Days | None:
    if found["iso"]:
        numbers = [int(part) for part in re.findall(r"\d+", found["iso"])]
        return _date(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else None)
    if found["bare"]:
        return _latest(int(found["bare"]), found["bareday"], today)
    if found["relative"]:
        return _relative(re.sub(r"\s", "", found["relative"]), today)
    word = re.sub(r"\s", "", found["word"] or "")
    if word in ("지난", "이번"):
        return _last(found, today, word)
    year = _year(found["year"], word, today)
    if found["year"] and len(found["year"]) == 2 and not (found["month"] or found["season"] or found["half"]):
        return None
    if found["season"]:
        winter = found["season"] == "겨울" and word in ("작년", "올", "올해") and today.month <= 2
        return _season(year - winter, found["season"])
    if found["half"]:
        return (
            (_month(year, 1)[0], _month(year, 6)[1])
            if found["half"] == "상반기"
            else (_month(year, 7)[0], _month(year, 12)[1])
        )
    if found["quarter"]:
        last = 3 * int(found["quarter"])
        return _month(year, last - 2)[0], _month(year, last)[1]
    if found["month"]:
        return _date(year, int(found["month"]), int(found["day"]) if found["day"] else None)
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)


def _date(year: int, month: int, day: int | None) -> Days:
    if day is not None:
        return (datetime.date(year, month, day),) * 2
    if not 1 <= month <= 12:
        raise ValueError(month)
    return _month(year, month)


def _year(written: str | None, word: str, today: datetime.date) -> int:
    if written:
        return int(written) if len(written) == 4 else 2000 + int(written)
    return today.year - {"재작년": 2, "작년": 1, "지난해": 1}.get(word, 0)


def _latest(month: int, day: str | None, today: datetime.date) -> Days:
    """The last such month, or day of it, that has begun."""
    days = _date(today.year, month, int(day) if day else None)
    return days if days[0] <= today else _date(today.year - 1, month, int(day) if day else None)


def _last(found: re.Match[str], today: datetime.date, word: str) -> Days | None:
    if found["month"]:
        days = _latest(int(found["month"]), found["day"], today)
        same = word == "지난" and days[0] <= today <= days[1]
        return _date(today.year - 1, int(found["month"]), None) if same else days
    days = _season(today.year, found["season"])
    over = days[1] < today if word == "지난" else days[0] <= today
    return days if over else _season(today.year - 1, found["season"])


def _relative(word: str, today: datetime.date) -> Days:
    if word in ("오늘", "어제", "그제", "그저께"):
        day = today - _DAY * {"오늘": 0, "어제": 1}.get(word, 2)
        return day, day
    steps = 2 if word.startswith(("지지", "저저")) else 0 if word.startswith(("이", "금")) else 1
    if word.endswith("달"):
        first = back(today.replace(day=1), steps, "달")
        return _month(first.year, first.month)
    monday = today - _DAY * (today.weekday() + 7 * steps)
    return monday, monday + 6 * _DAY


def label_of(days: Days) -> str:
    """The days in Korean, as shortly as they can be said."""
    first, last = days
    if first == last:
        return f"{first.year}년 {first.month}월 {first.day}일"
    if days == (datetime.date(first.year, 1, 1), datetime.date(first.year, 12, 31)):
        return f"{first.year}년"
    if days == _month(first.year, first.month):
        return f"{first.year}년 {first.month}월"
    if first.day == 1 and days == (first, _month(last.year, last.month)[1]):
        return f"{first.year}년 {first.month}월–{'' if last.year == first.year else f'{last.year}년 '}{last.month}월"
    return f"{first.year}년 {first.month}월 {first.day}일–{last.month}월 {last.day}일"


def months_before(month: str, number: int) -> str:
    """The month ``number`` months before one, both as ``2026-03``."""
    year, at = (int(part) for part in month.split("-"))
    place = year * 12 + at - 1 - number
    return f"{place // 12:04d}-{place % 12 + 1:02d}"
