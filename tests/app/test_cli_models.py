"""``compare --models`` as people type it, over a real server that has three models and refuses two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors.settings import BadSetting
from pipeline.evaluation.models import in_words, needed, read_models, row, run_names
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import read_plan
from pipeline.evaluation.summary import summarise
from tests.app.cli_runs import failure, make_index, run, run_json
from tests.pipeline.generators.llm_server import LlmServer, Say

QUESTIONS = (
    {"id": "a", "question": "숯골갈비 주차 무료예요?", "type": "x", "answer": "주차 2시간 무료", "passage_ids": ["r1"]},
    {
        "id": "b",
        "question": "바다횟집 창가 자리는?",
        "type": "x",
        "answer": "예약해야 앉을 수 있어요",
        "passage_ids": ["r7"],
    },
    {"id": "c", "question": "바다횟집 모둠회 대자 얼마예요?", "type": "y", "answer": "9만원", "passage_ids": ["r8"]},
    {"id": "d", "question": "숯골갈비 돼지갈비 값은?", "type": "y", "answer": "17,000원", "passage_ids": ["r3"]},
)
KNOWN = "주차 2시간 무료이고 창가는 예약해야 앉을 수 있어요. 대자는 9만원, 돼지갈비는 17,000원입니다.[1]"
MODELS = {"org/good": KNOWN, "plain": "잘 모르겠지만 좋은 가게입니다.[1]", "third": "주차 2시간 무료라고 합니다.[1]"}
REFUSED = {"org/gated": (403, "gated repo: accept the licence"), "org/none": (404, "no such model")}


def say(body: dict[str, Any]) -> Say:
    """What a model of the server says, or why it may not be used."""
    if body["model"] in REFUSED:
        status, message = REFUSED[body["model"]]
        return Say(status=status, message=message)
    return Say([MODELS[body["model"]]])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_index(folder / "home", folder)
    questions = folder / "home" / "questions.jsonl"
    questions.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUESTIONS), encoding="utf-8")
    return folder / "home"


def command(home: Path, url: str, models: str) -> list[str]:
    return [
        "compare", "--models", models, str(home / "questions.jsonl"), "--index", "small",
        "--set", f"llm.url={url}", "--set", "llm.gate=off",
    ]  # fmt: skip


def test_models_are_asked_the_same_and_compared_and_the_refused_are_told(home: Path) -> None:
    with LlmServer(say) as server:
        url = server.url
        found = run_json(home, *command(home, url, "org/good,plain,third,org/gated,org/none"))
        rows = {row["model"]: row for row in found["models"]}
        assert list(rows) == ["org/good", "plain", "third"]
        assert (rows["org/good"]["accuracy"][0], rows["plain"]["accuracy"][0]) == (1.0, 0.0)
        assert 0 < rows["third"]["accuracy"][0] < 1
        assert all(row["success"] == 1 and row["questions"] == 4 for row in rows.values())
        assert [(pair["one"], pair["other"]) for pair in found["pairs"]] == [
            ("org/good", "plain"), ("org/good", "third"), ("plain", "third"),
        ]  # fmt: skip
        assert found["pairs"][0]["difference"]["difference"] == -1
        assert "org/good" in found["verdict"]
        refused = {one["model"]: one for one in found["refused"]}
        assert refused["org/gated"]["status"] == 403
        assert "https://huggingface.co/org/gated" in refused["org/gated"]["ko"]
        assert "HANSANG_LLM_KEY" in refused["org/gated"]["ko"]
        assert f"{url}/models" in refused["org/none"]["ko"]
        plan = read_plan(home / "runs" / rows["org/good"]["run"])
        assert (plan.settings["llm.model"], plan.settings["generator"]) == ("org/good", "openai")

        server.bodies.clear()  # each is a run: nothing but the knock is asked again
        again = run(home, *command(home, url, "org/good,plain,third"))
        assert again.exit_code == 0, again.output
        assert [body["model"] for body in server.bodies] == ["org/good", "plain", "third"]
        assert "plain − org/good" in again.stdout


def test_where_no_model_may_be_used_nothing_is_run(home: Path) -> None:
    with LlmServer(say) as server:
        url = server.url
        result = run(home, *command(home, url, "org/gated"), "--run", "none")
    assert "이용 조건" in failure(result, 2)
    assert not list((home / "runs").glob("none*"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["compare", "--models", "a,a", "questions.jsonl"], 2, "서로 다른 이름"),
        (["compare", "--models", "a,b", "none.jsonl"], 2, "none.jsonl"),
        (["compare", "--models", "a", "x.jsonl", "y.jsonl"], 2, "질문 파일 하나"),
        (["compare", "base"], 2, "--models"),
        (
            ["compare", "--models", "a", "{questions}", "--set", "llm.url=http://127.0.0.1:9/v1"],
            5,
            "연결하지 못했습니다",
        ),
        (["compare", "--models", "a", "{questions}", "--set", "llm.url=nowhere"], 2, "llm.url"),
    ],
)
def test_mistakes_are_told_with_the_cure(home: Path, arguments: list[str], code: int, said: str) -> None:
    filled = [argument.replace("{questions}", str(home / "questions.jsonl")) for argument in arguments]
    assert said in failure(run(home, *filled), code)


def test_answers_that_no_model_wrote_are_told() -> None:
    def one(kind: str) -> Record:
        return Record(kind, "주차?", "", "", ("r1",), True, kind=kind, correct=True, verdict="right")

    records = [one("generated"), one("abstention"), one("aspects"), one("aspects")]
    found = [row(model, model, records, summarise(records)) for model in ("a", "b")]
    assert [each.counted for each in found] == [2, 2]
    ko, en = in_words(found, [])
    assert "질문 2개는 모델이 아니라 후기를 센 결과가 답해" in ko
    assert "2 of the questions were answered by counting reviews" in en
    alone = [row("a", "a", records[:2], summarise(records[:2]))]
    assert "센 결과" not in in_words(alone, [])[0]


def test_names_of_models_and_of_their_runs() -> None:
    assert read_models(" a, b/c ") == ["a", "b/c"]
    with pytest.raises(BadSetting):
        read_models("a,,b")
    assert run_names("m", ["org/a:8b", "org-a-8b", "///"]) == ["m-org-a-8b", "m-org-a-8b-2", "m-model"]
    assert "huggingface" not in needed("http://x/v1", "plain", 401)[0]
