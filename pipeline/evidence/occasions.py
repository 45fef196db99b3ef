"""What a restaurant is looked for (데이트, 회식, 아이와), beside the shares of its aspects: who is ranked by it, and
what is said of it. Reviews that speak of it are counted and quoted, not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.question.occasions import Occasion
from pipeline.types import QuotedOpinion

ENOUGH = 2  # reviews that speak of it, and restaurants that have so many, below which it decides nothing
MOST = 3  # restaurants that are named where it decided nothing


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The reviews of a restaurant that speak of an occasion: a sentence of each, the newest first."""

    asked: Occasion
    quotes: tuple[QuotedOpinion, ...] = ()

    @property
    def first(self) -> QuotedOpinion | None:
        """The sentence to show: the newest that has the question's own word, else the newest."""
        return next((quote for quote in self.quotes if self.asked.word in quote.text), next(iter(self.quotes), None))


Mentions = Mapping[str, Sequence[Mentioned]]
"""By restaurant, for each occasion that was asked of, in the order of the question."""


def those_for_it(ranked: Sequence[str], mentions: Mentions) -> list[str]:
    """Of some restaurants those with enough reviews of every occasion; all where that leaves none to compare."""
    fitting = [name for name in ranked if all(len(one.quotes) >= ENOUGH for one in mentions.get(name, ()))]
    return fitting if len(fitting) >= ENOUGH else list(ranked)


def how_it_counted(ranked: Sequence[str], kept: Sequence[str], mentions: Mentions) -> list[str]:
    """In sentences, what the occasions did to a ranking; nothing where none was asked of or there is no order."""
    words = "·".join(f"‘{one.asked.word}’" for one in next(iter(mentions.values()), ()))
    if not words or len(ranked) < ENOUGH:
        return []
    if any(len(one.quotes) < ENOUGH for name in kept for one in mentions[name]):
        few = f"순위에 든 곳 가운데 {words} 이야기를 한 후기가 {ENOUGH}건 이상인 곳이 {ENOUGH}곳이 안 됩니다."
        return [f"{few} 그래서 순서에는 쓰지 않고 건수만 적었습니다."]
    rest = len(ranked) - len(kept)
    dropped = f" 나머지 {rest}곳은 뺐습니다." if rest else ""
    return [f"{words} 이야기를 한 후기가 {ENOUGH}건 이상인 {len(kept)}곳만 견주었습니다.{dropped}"]


def most_spoken_of(mentions: Mentions, told: Sequence[str]) -> list[tuple[str, Mentioned]]:
    """The restaurants not told of yet whose reviews speak most of an occasion, for each of them."""
    found: list[tuple[str, Mentioned]] = []
    for place in range(len(next(iter(mentions.values()), ()))):
        rest = [(name, every[place]) for name, every in mentions.items() if name not in told]
        enough = [(name, one) for name, one in rest if len(one.quotes) >= ENOUGH]
        found += sorted(enough, key=lambda row: (-len(row[1].quotes), row[0]))[:MOST]
    return found


def meant_by(mentions: Mentions) -> list[str]:
    """What else than the question's own words was counted."""
    return [
        f"‘{one.asked.word}’ 이야기는 같은 쪽의 말({'/'.join(one.asked.names)})을 한 후기이고,"
        " 좋다는 말인지는 가리지 않았습니다."
        for one in next(iter(mentions.values()), ())
    ]
