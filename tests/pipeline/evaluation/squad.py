"""A small question set in the form of SQuAD 1.1: four paragraphs that share no answer, a question each."""

from __future__ import annotations

import json
from pathlib import Path

PARAGRAPHS = (
    (
        "한글",
        "세종대왕은 1443년에 훈민정음을 만들었다. 글자는 스물여덟이다.",
        "훈민정음을 만든 사람은?",
        "세종대왕",
    ),
    (
        "한글",
        "주시경은 한글이라는 이름을 처음 썼다. 문법을 연구했다.",
        "한글이라는 이름을 쓴 사람은?",
        "주시경",
    ),
    ("조선", "조선의 도읍은 한양이었다. 이성계가 나라를 세웠다.", "조선의 도읍은 어디인가?", "한양"),
    ("바다", "독도는 동해에 있는 섬이다. 동도와 서도로 나뉜다.", "독도는 어느 바다에 있는 섬인가?", "동해"),
)


def write_squad(folder: Path) -> Path:
    """The set as a file."""
    articles: dict[str, list[object]] = {}
    for number, (title, text, question, answer) in enumerate(PARAGRAPHS, start=1):
        answers = [{"text": answer, "answer_start": text.index(answer)}]
        asked = [{"id": f"q{number}", "question": question, "answers": answers}]
        articles.setdefault(title, []).append({"context": text, "qas": asked})
    data = [{"title": title, "paragraphs": paragraphs} for title, paragraphs in articles.items()]
    path = folder / "squad.json"
    path.write_text(json.dumps({"data": data}, ensure_ascii=False), encoding="utf-8")
    return path
