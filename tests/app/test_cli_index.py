"""``hansang index``: what it makes and says, each wrong input, and that nothing half-made is ever left or used."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.indexing import checked_name
from pipeline.checksums import SUMS
from tests.app.cli_runs import failure, make_index, run, run_json, start, unfinished, wait_for, write_reviews
from tests.pipeline.corpora import flip


def answers(home: Path, name: str = "small") -> bool:
    """Whether the index can be asked, and nothing half-built lies beside it."""
    return run(home, "search", "주차", "--index", name).exit_code == 0 and not unfinished(home)


def test_says_what_was_built_and_knows_the_same_input(tmp_path: Path) -> None:
    reviews, home = write_reviews(tmp_path), tmp_path / "home"
    first = run(home, "index", str(reviews), "--name", "우리동네")
    assert re.fullmatch(r"색인 '우리동네' 완성: 단락 9 · 거절 0 · \d+초\n", first.stdout)
    again = run(home, "index", str(reviews), "--name", "우리동네")
    assert "이미 최신입니다" in again.stdout
    value = run_json(home, "index", str(reviews), "--name", "우리동네")
    assert value["unchanged"] is True
    forced = run_json(home, "index", str(reviews), "--name", "우리동네", "--force")
    assert forced["unchanged"] is False
    assert forced["index"]["version"] > value["index"]["version"]
    assert first.stderr == ""


@pytest.mark.parametrize(
    "more",
    [
        ["--set", "indexing.k1=2"],
        ["--column", "title=restaurant_id"],
        ["--restaurants", "places.jsonl"],
        ["--restaurant", "우리집국밥"],
    ],
)
def test_other_settings_columns_or_restaurants_are_other_input(tmp_path: Path, more: list[str]) -> None:
    reviews, home = tmp_path / "reviews.csv", tmp_path / "home"
    reviews.write_text("text,restaurant_id\n주차가 편해요,a\n냉면이 맛있어요,a\n", encoding="utf-8")
    (tmp_path / "places.jsonl").write_text('{"id": "a", "name": "숯골갈비"}\n', encoding="utf-8")
    more = [str(tmp_path / word) if word.endswith(".jsonl") else word for word in more]
    assert run_json(home, "index", str(reviews), "--name", "x")["unchanged"] is False
    assert run_json(home, "index", str(reviews), "--name", "x", *more)["unchanged"] is False
    assert run_json(home, "index", str(reviews), "--name", "x", *more)["unchanged"] is True


def test_the_reviews_of_one_restaurant_need_no_column_for_it(tmp_path: Path) -> None:
    reviews, home = tmp_path / "reviews.csv", tmp_path / "home"
    reviews.write_text(
        "글,별점,가게\n직원이 친절해요,5,\n국물이 진하고 맛있어요,4,\n불친절해요,1,옆집\n", encoding="utf-8"
    )
    made = ("index", str(reviews), "--name", "mine", "--column", "text=글", "--restaurant", " 우리집 국밥 ")
    assert run(home, *made).exit_code == 0
    asked = run_json(home, "ask", "우리집국밥 평균 별점은?", "--index", "mine")
    assert asked["answer"]["text"].startswith("우리집 국밥: 별점을 준 후기 2건의 평균 별점은 4.50점입니다.")
    other = run_json(home, "ask", "옆집 리뷰 몇 개야?", "--index", "mine")
    assert other["answer"]["text"] == "옆집의 후기는 1건입니다."
    squad = run(home, "index", str(reviews), "--name", "x", "--format", "squad", "--restaurant", "국밥")
    assert "restaurant" in failure(squad, 2)


def test_refused_rows_are_counted_and_their_reasons_named(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("글,별점\n주차가 편해요,5\n,4\n냉면이 짜요,열하나\n", encoding="utf-8")
    result = run(tmp_path / "home", "index", str(reviews), "--name", "x", "--column", "text=글")
    assert result.exit_code == 0, result.output
    found = re.search(r"거절 2 \(이유: (.*)\) ·", result.stdout)
    assert found
    reasons = [json.loads(line) for line in Path(found[1]).read_text(encoding="utf-8").splitlines()]
    assert [reason["line"] for reason in reasons] == [3, 4]


def test_what_is_odd_in_a_file_is_said_and_its_rows_are_indexed(tmp_path: Path) -> None:
    reviews, home = tmp_path / "후기.csv", tmp_path / "home"
    rows = "주차가 편해요,어제,김\n냉면이 짜요,2099-01-01,이\n갈비가 좋아요,2026-03-14,박\n"
    reviews.write_text(f"리뷰,날짜,작성자\n{rows}", encoding="utf-8")
    first = run(home, "index", str(reviews), "--name", "x")
    assert first.exit_code == 0, first.output
    done, *odd = first.stdout.splitlines()
    assert "단락 3 · 거절 0" in done
    for line, said in zip(
        odd,
        ("못한 행 1개(예: 2번째 줄 '어제')", "오지 않은 날인 행 1개(예: 3번째 줄 '2099-01-01')", "열 1개(작성자)"),
        strict=True,
    ):
        assert line.startswith("후기.csv: ")
        assert said in line
        assert "`--column date=열이름`" in line
        assert "`--column date=NAME`" in line
    again = run(home, "index", str(reviews), "--name", "x")
    assert again.stdout.splitlines()[1:] == odd  # though nothing was read
    value = run_json(home, "index", str(reviews), "--name", "x")
    assert value["unchanged"] is True
    assert [(remark["code"], remark["count"], remark["value"]) for remark in value["index"]["remarks"]] == [
        ("unread-date", 1, "어제"), ("future-date", 1, "2099-01-01"), ("unused-columns", 1, "작성자"),
    ]  # fmt: skip
    named = run_json(home, "index", str(reviews), "--name", "x", "--column", "title=작성자")
    assert [remark["code"] for remark in named["index"]["remarks"]] == ["unread-date", "future-date"]


def test_an_index_from_before_there_were_remarks_and_checksums_is_still_one(tmp_path: Path) -> None:
    make_index(tmp_path / "home", tmp_path)
    (manifest,) = (tmp_path / "home" / "index").glob("*/*/manifest.json")
    value = json.loads(manifest.read_text(encoding="utf-8"))
    del value["remarks"]
    manifest.write_text(json.dumps(value), encoding="utf-8")
    manifest.with_name(SUMS).unlink()
    assert answers(tmp_path / "home")


def test_a_damaged_index_is_cured_as_its_error_says(tmp_path: Path) -> None:
    reviews, home = write_reviews(tmp_path), tmp_path / "home"
    run(home, "index", str(reviews), "--name", "우리동네")
    (vectors,) = (home / "index").glob("*/*/kiwi/vectors.npy")
    flip(vectors, vectors.stat().st_size - 1)
    refused = run(home, "search", "주차", "--index", "우리동네")
    assert refused.exit_code != 0
    assert "kiwi/vectors.npy" in refused.stderr
    assert "hansang index" in refused.stderr
    doctor = run(home, "doctor")
    assert (doctor.exit_code, "kiwi/vectors.npy" in doctor.stdout) == (1, True)
    assert run_json(home, "index", str(reviews), "--name", "우리동네")["unchanged"] is False
    assert answers(home, "우리동네")
    assert run(home, "doctor").exit_code == 0


def test_benchmarks_bring_questions(tmp_path: Path) -> None:
    paragraph = {"context": "세종대왕은 훈민정음을 만들었다.", "qas": [
        {"id": "q1", "question": "누가 훈민정음을 만들었나?", "answers": [{"text": "세종대왕", "answer_start": 0}]}
    ]}  # fmt: skip
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps({"data": [{"title": "한글", "paragraphs": [paragraph]}]}), encoding="utf-8")
    result = run(tmp_path / "home", "index", str(squad), "--name", "squad", "--format", "squad")
    assert result.exit_code == 0, result.output
    assert "질문 1개" in result.stdout


def test_benchmark_without_questions_is_still_indexed(tmp_path: Path) -> None:
    beir = tmp_path / "beir"
    beir.mkdir()
    (beir / "corpus.jsonl").write_text('{"_id": "d1", "title": "", "text": "주차가 편해요"}\n', encoding="utf-8")
    result = run(tmp_path / "home", "index", str(beir), "--name", "b", "--format", "beir")
    assert result.exit_code == 0, result.output
    assert "질문은 읽지 못했습니다" in result.stderr
    assert "단락 1" in result.stdout


@pytest.mark.parametrize(
    ("name", "text", "arguments", "said"),
    [
        ("reviews.csv", "제목,값\n가,나\n", [], "text 열을 찾지 못했습니다(있는 열: 제목, 값)"),
        ("reviews.csv", "제목,값\n가,나\n", ["--column", "text=글"], "'글' 열이 없습니다"),
        ("reviews.csv", "text\n가\n", ["--column", "text"], "이름=값"),
        ("reviews.csv", "text\n가\n", ["--format", "xlsx"], "auto/csv"),
        ("reviews.csv", "", [], "비어 있습니다"),
        ("reviews.hwp", "가", [], "--format"),
        ("reviews.csv", "text\n가\n", ["--set", "indexing.k1=-1"], "0–10"),
        ("reviews.csv", "text\n가\n", ["--tokenizer", "mecab"], "kiwi, okt"),
        ("reviews.csv", "text\n가\n", ["--set", "encoder=bert"], "lsa"),
        ("reviews.csv", "text,restaurant_id\n가,나\n", ["--restaurants", "nope.csv"], "파일이 없습니다"),
        ("reviews.csv", "text,rating\n,5\n", [], "쓸 수 있는 행이 하나도 없습니다"),
    ],
)
def test_files_that_can_not_be_used_are_told(
    tmp_path: Path, name: str, text: str, arguments: list[str], said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    result = run(tmp_path / "home", "index", str(tmp_path / name), "--name", "x", *arguments)
    assert said in failure(result, 2)
    assert result.stdout == ""
    assert not unfinished(tmp_path / "home")


def test_folder_and_missing_file_are_told(tmp_path: Path) -> None:
    assert "폴더입니다" in failure(run(tmp_path / "home", "index", str(tmp_path), "--name", "x"), 2)
    assert "파일이 없습니다" in failure(run(tmp_path / "home", "index", str(tmp_path / "no.csv"), "--name", "x"), 2)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "가" * 61, "a\0b", "\udcff"])
def test_names_that_no_folder_should_have_are_refused(tmp_path: Path, name: str) -> None:
    reviews = write_reviews(tmp_path)
    assert "색인 이름" in failure(run(tmp_path / "home", "index", str(reviews), f"--name={name}"), 2)
    assert not (tmp_path / "home").exists()


def test_names_are_composed() -> None:
    assert checked_name("한글") == "한글"


def test_interrupted_indexing_leaves_the_former_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path)
    process = start(home, "index", str(write_reviews(tmp_path, copies=5_000)), "--name", "small")
    wait_for(lambda: list((home / "index").glob("*/.building-*/passages.arrow")))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert answers(home)


def test_two_indexings_of_one_name_do_not_run_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path)
    process = start(home, "index", str(write_reviews(tmp_path, copies=5_000)), "--name", "small")
    wait_for(lambda: list((home / "index").glob("*/.building-*/passages.arrow")))
    said = failure(run(home, "index", str(write_reviews(tmp_path)), "--name", "small", "--force"), 4)
    assert f"프로세스 {process.pid}" in said
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert answers(home)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 200_000])
def test_write_that_is_refused_half_way_leaves_the_former_one(tmp_path: Path, limit: int) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path)

    def no_room() -> None:  # a file that grows beyond the limit meets the same refusal as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = start(home, "index", str(write_reviews(tmp_path, copies=300)), "--name", "small", prepare=no_room)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 5, said
    assert "Traceback" not in said
    assert answers(home)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["3m", "8m"])
def test_full_disk_leaves_the_former_one_answering(tmp_path: Path, size: str) -> None:
    """On a real file system without room, mounted in a name space of its own."""
    small, many = tmp_path / "few", tmp_path / "many"
    small.mkdir()
    many.mkdir()
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f"{sys.executable} -m app.cli --home {disk}"
    script = f"""
        mount -t tmpfs -o size={size} tmpfs {disk} || exit 77
        {command} index {write_reviews(small)} --name small || exit 1
        {command} index {write_reviews(many, copies=500)} --name small
        test $? = 5 || exit 2
        ls -d {disk}/index/small/.building-* && exit 3
        {command} search 주차 --index small || exit 4
    """
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "디스크가 가득" in done.stderr
    assert "Traceback" not in done.stderr
