"""``hansang agreement`` over a real ``labels.db``, and every way to ask it for what isn't there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from annotations.desk import Desk
from annotations.types import NewTask
from tests.annotations.desks import PLAIN
from tests.annotations.worked_weeks import PEOPLE, work
from tests.app.cli_runs import failure, run, run_json


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    work(folder / "labels.db", tasks=32)
    return folder


def test_json_has_every_figure_with_what_it_rests_on(home: Path) -> None:
    report = run_json(home, "agreement", "--scheme", "review", "--resamples", "50")
    assert [field["field"] for field in report["fields"]] == ["sentiment", "intensity", "emotions", "aspects"]
    emotions = report["fields"][2]
    assert [measure["metric"] for measure in emotions["measures"]] == ["masi", "strengths"]
    alpha = emotions["measures"][0]["alpha"]
    assert 0 < alpha["low"] < alpha["value"] < alpha["high"] <= 1
    assert alpha["ratings"] == 2 * alpha["items"]
    assert set(report["people"]) == set(PEOPLE)
    assert {pair["one"] for pair in emotions["pairs"]} <= set(PEOPLE)
    assert report["coverage"]["answers"] == report["coverage"]["compared"] + sum(report["excluded"].values())
    assert report["gold"]
    assert report["repeats"]
    assert report["speed"][0]["median"] > 8
    assert report["pulls"]
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_tables_for_people(home: Path) -> None:
    result = run(home, "agreement", "--resamples", "20")
    assert result.exit_code == 0, result.output
    for said in (
        "Krippendorff",
        "감성",
        "집합(MASI)",
        "엇갈린 라벨",
        "주마다",
        "Gold",
        "속도",
        "제안에 끌림",
        "민지",
        "0.667",
    ):
        assert said in result.stdout
    assert result.stderr == ""


def test_flags_and_skips_are_told_with_their_reasons(tmp_path: Path, home: Path) -> None:
    shutil.copy(home / "labels.db", tmp_path / "labels.db")
    with Desk(tmp_path / "labels.db", PLAIN) as desk:
        desk.add_tasks([NewTask("odd", "review", 1, "광고 같은 글", seats=2, priority=9)], "test")
        lease = desk.take("민지", "review")
        assert lease
        desk.skip("민지", lease.token, "음식점 이야기가 아님")
    said = run(tmp_path, "agreement", "--resamples", "0").stdout
    assert "표시와 건너뛰기" in said
    assert "음식점 이야기가 아님" in said
    (told,) = run_json(tmp_path, "agreement", "--resamples", "0", "--hide-names")["remarks"]
    assert (told["kind"], told["key"], told["text"]) == ("skip", "odd", "광고 같은 글")
    assert told["person"].startswith("작업자 ")
    assert "표시와 건너뛰기" not in run(home, "agreement", "--resamples", "0").stdout


def test_names_can_be_hidden_everywhere(home: Path) -> None:
    for more in ((), ("--json",)):
        result = run(home, "agreement", "--hide-names", "--resamples", "0", *more)
        assert result.exit_code == 0
        assert "작업자 1" in result.stdout
        for name in PEOPLE:
            assert name not in result.stdout


def test_filters_narrow_and_say_what_they_leave_out(home: Path) -> None:
    whole = run_json(home, "agreement", "--resamples", "0")
    batch = run_json(home, "agreement", "--resamples", "0", "--batch", "봄")
    assert 0 < batch["coverage"]["compared"] < whole["coverage"]["compared"]
    assert batch["excluded"]["other-batch"] > 0
    both = run_json(home, "agreement", "--resamples", "0", "--batch", "봄", "--batch", "가을")
    assert both["coverage"] == whole["coverage"]
    week = run_json(home, "agreement", "--resamples", "0", "--until", "2026-10-06")
    assert week["excluded"]["other-date"] > 0
    assert [each["monday"] for each in week["weeks"]] == ["2026-10-05"]


def test_the_same_again_and_without_intervals_when_none_are_wanted(home: Path) -> None:
    first, again = (run_json(home, "agreement", "--resamples", "30") for _ in range(2))
    assert first["fields"] == again["fields"]
    plain = run_json(home, "agreement", "--resamples", "0")["fields"][0]["measures"][0]["alpha"]
    assert (plain["low"], plain["interval_reason"]) == (None, "not-asked")
    assert plain["value"] == first["fields"][0]["measures"][0]["alpha"]["value"]


def test_no_file(tmp_path: Path) -> None:
    said = failure(run(tmp_path, "agreement"), 3)
    assert "labels.db" in said
    assert "hansang tasks import" in said
    assert list(tmp_path.iterdir()) == []  # asking made nothing


def test_unknown_scheme_and_version(home: Path) -> None:
    said = failure(run(home, "agreement", "--scheme", "taste"), 3)
    assert "taste" in said
    assert "review" in said
    result = run(home, "agreement", "--scheme", "taste", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["code"] == "unknown-scheme"
    assert "99" in failure(run(home, "agreement", "--scheme-version", "99"), 3)


def test_nothing_labelled(tmp_path: Path, home: Path) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask("r1", "review", 1, "맛있어요", seats=2)], "test")
    assert "과제 1개, 답 0개" in failure(run(tmp_path, "agreement"), 4)
    assert "과제 0개, 답 0개" in failure(run(tmp_path, "agreement", "--scheme", "answer"), 4)
    narrow = failure(run(home, "agreement", "--batch", "여름"), 4)
    assert "봄" in narrow
    assert "가을" in narrow
    result = run(home, "agreement", "--since", "2027-01-01", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "nothing-to-measure"


def test_bad_options(home: Path) -> None:
    assert "--until" in failure(run(home, "agreement", "--since", "2026-10-09", "--until", "2026-10-01"), 2)
    for wrong in (("--since", "어제"), ("--resamples", "-1"), ("--scheme-version", "0")):
        assert run(home, "agreement", *wrong).exit_code == 2


def test_a_file_that_is_no_database(tmp_path: Path, home: Path) -> None:
    shutil.copy(home / "labels.db", tmp_path / "labels.db")
    (tmp_path / "labels.db").write_bytes(b"not a database at all" * 400)
    assert "labels.db" in failure(run(tmp_path, "agreement"), 5)
