"""What may be said of a review: the names of the label scheme ``review``, in its order; a test holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.types import Polarity, Sentiment

SENTIMENTS: tuple[Sentiment, ...] = ("positive", "neutral", "negative", "mixed")
LEVELS = 5
ASPECTS = ("food", "value", "service", "ambience", "hygiene", "waiting", "location")
POLARITIES: tuple[Polarity, ...] = ("positive", "neutral", "negative")

VERDICTS: tuple[tuple[Sentiment, int], ...] = (
    ("negative", 1),
    ("negative", 2),
    ("mixed", 2),
    ("mixed", 3),
    ("mixed", 4),
    ("neutral", 3),
    ("positive", 4),
    ("positive", 5),
)
"""Sentiment and intensity that go together, as the guideline of the label scheme has it."""

KOTE_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "joy": ("기쁨", "행복", "즐거움/신남", "편안/쾌적", "뿌듯함", "안심/신뢰"),
        "disappointment": ("안타까움/실망", "절망"),
        "annoyance": ("불평/불만", "짜증", "지긋지긋", "귀찮음", "힘듦/지침", "재미없음"),
        "anger": ("화남/분노", "어이없음", "한심함", "우쭐댐/무시함"),
        "interest": ("기대감", "신기함/관심"),
        "doubt": ("의심/불신", "불안/걱정", "부담/안_내킴", "공포/무서움"),
        "surprise": ("놀람", "당황/난처", "경악"),
        "gratitude": ("고마움", "환영/호의", "존경"),
        "admiration": ("감동/감탄",),
        "disgust": ("역겨움/징그러움", "증오/혐오"),
        "affection": ("흐뭇함(귀여움/예쁨)", "아껴주는"),
        "sadness": ("슬픔", "서러움", "불쌍함/연민", "패배/자기혐오"),
        "none": ("없음",),
    }
)
"""The scheme's emotions, and the labels of KOTE (Jeon et al. 2022) that each stands for."""

EMOTIONS = tuple(KOTE_OF)
NO_EMOTION = "none"
