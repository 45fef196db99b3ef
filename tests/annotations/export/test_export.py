"""An export holds what was answered, says what it left out, proves itself, and leaves nothing half-done."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.desk import Desk
from annotations.export.export import export
from annotations.export.folder import check, exports, read_manifest, salt_of, sweep
from annotations.export.form import available, load_form
from annotations.export.forms import csv as csv_form
from annotations.export.forms import jsonl as jsonl_form
from annotations.export.item_rows import Choice
from annotations.export.types import ExportSettings, Manifest
from annotations.types import Submission
from pipeline.errors.exports import ExportExists, ExportNotProven, FormNotFound, FormUnfit, NoExport, NothingToExport
from pipeline.errors.machine import DiskFull
from pipeline.storage import UNFINISHED
from tests.annotations.filled import ANSWER, REVIEW, TEXT, give, many, new_review, open_desk, review, revise
from tests.annotations.libraries import run_with

FOR_ALL = ("jsonl", "csv", "parquet", "hf", "labelstudio", "classification")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("full")) as opened:
        many(opened, 30, 3)
        yield opened


def make(desk: Desk, to: Path, form: str = "jsonl", salt: str = "s", **settings: Any) -> Manifest:
    return export(desk, REVIEW, form, to, by="test", salt=salt, settings=ExportSettings(**settings))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def rows(desk: Desk, to: Path, **settings: Any) -> list[dict[str, Any]]:
    make(desk, to, **settings)
    return lines(to / "data.jsonl")


# what a row says


def test_a_row_has_the_votes_the_soft_labels_and_every_answer(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1")], "test")
    give(desk, "가", "r1", review("mixed", 3, joy=3, annoyance=0, note="좋음"))
    give(desk, "나", "r1", review("mixed", 2, joy=2, annoyance=3))
    give(desk, "다", "r1", review("negative", 1, joy=0, annoyance=1), flag="다시 보세요")
    (row,) = rows(desk, tmp_path / "out")
    assert (row["id"], row["text"], row["context"]["restaurant"]) == ("r1", TEXT, "숯골갈비")
    assert (row["source"], row["stage"], row["outcome"], row["answers"]) == ("majority", "blind", "labelled", 3)
    assert (row["sentiment"], row["sentiment_agreement"]) == ("mixed", pytest.approx(2 / 3))
    assert (row["intensity"], row["intensity_mean"]) == (2, 2)
    assert row["emotions_soft"]["joy"] == pytest.approx(5 / 9)
    assert row["emotions_soft"]["annoyance"] == pytest.approx(4 / 9)
    assert [each["quote"] for each in row["aspects"]] == ["웨이팅이 두 시간", "불맛은 인정"]
    assert row["note"] == ["좋음"]
    assert [each["labels"]["intensity"] for each in row["annotations"]] == [3, 2, 1]
    assert [each["flag"] for each in row["annotations"]] == ["", "", "다시 보세요"]


def test_no_name_of_an_annotator_is_anywhere(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1")], "test")
    give(desk, "kim-minji", "r1", review())
    for form in FOR_ALL:
        make(desk, tmp_path / form, form)
    for path in tmp_path.glob("*/**/*"):
        if path.is_file():
            assert b"minji" not in path.read_bytes(), path


def test_pseudonyms_follow_the_salt(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1")], "test")
    give(desk, "가", "r1", review())
    give(desk, "나", "r1", review())
    names = [make(desk, tmp_path / salt / str(n), salt=salt).annotators for n in (1, 2) for salt in ("x", "y")]
    assert names[0] == names[2]
    assert len(set(names[0]) | set(names[1])) == 4
    assert list(names[0].values()) == [1, 1]


def test_the_salt_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = salt_of(tmp_path / "exports")
    assert len(first) == 64
    assert salt_of(tmp_path / "exports") == first
    assert (tmp_path / "exports" / ".salt").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [".salt"]


def test_what_was_changed_after_the_suggestion_never_mixes_with_what_came_before(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1", seats=2)], "test")
    first = give(desk, "가", "r1", review("mixed"))
    give(desk, "나", "r1", review("mixed"))
    number = desk.add_suggestion(first.annotation.task_id, "m", review("negative"), {})
    desk.suggestion_seen("가", first.annotation.task_id, number, kept=False)
    second = revise(desk, "가", first, review("negative"), "assisted")
    # Whoever has seen it can't unsee it, whatever a page calls the correction.
    revise(desk, "가", second, review("positive"), "edited")
    (blind,) = rows(desk, tmp_path / "blind")
    assert (blind["sentiment"], blind["answers"], blind["stage"]) == ("mixed", 2, "blind")
    assert [(each["stage"], each["labels"]["sentiment"]) for each in blind["annotations"]] == [
        ("blind", "mixed"),
        ("blind", "mixed"),
        ("assisted", "positive"),
    ]
    (assisted,) = rows(desk, tmp_path / "assisted", basis="assisted")
    assert (assisted["sentiment"], assisted["answers"], assisted["stage"]) == ("positive", 1, "assisted")


def test_a_correction_without_a_suggestion_takes_the_place_of_the_first_answer(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1", seats=1)], "test")
    revise(desk, "가", give(desk, "가", "r1", review("mixed")), review("negative"), "edited")
    (row,) = rows(desk, tmp_path / "out")
    assert row["sentiment"] == "negative"
    assert [each["revision"] for each in row["annotations"]] == [2]


def test_a_settled_item_has_the_verdict_and_the_annotators_soft_labels(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1", seats=2)], "test")
    give(desk, "가", "r1", review("mixed"))
    give(desk, "나", "r1", review("positive"))
    dispute = desk.take_disputed("조정", "review")
    assert dispute is not None
    submission = Submission("v", dispute.task.id, review("negative"), dispute.token, stage="adjudicated")
    desk.settle("조정", submission, None)
    (row,) = rows(desk, tmp_path / "out")
    assert (row["source"], row["stage"], row["status"]) == ("adjudicated", "adjudicated", "settled")
    assert (row["sentiment"], row["sentiment_agreement"]) == ("negative", 0)
    assert row["sentiment_soft"] == {"positive": 0.5, "neutral": 0, "negative": 0, "mixed": 0.5}
    assert [each["stage"] for each in row["annotations"]] == ["blind", "blind", "adjudicated"]


def test_a_gold_item_has_the_known_labels(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1", gold=review("negative", 1))], "test")
    snapshot = desk.snapshot("review")
    (task,) = snapshot.tasks
    other = replace(task, gold=None)
    desk.add_tasks([new_review("r2", seats=1)], "test")
    give(desk, "가", "r2", review("mixed"))
    answered = desk.snapshot("review")
    moved = tuple(replace(each, task_id=task.id) for each in answered.annotations)
    for tasks, source, sentiment in (((task,), "gold", "negative"), ((other,), "single", "mixed")):
        given = replace(answered, tasks=tasks, annotations=moved)
        to = tmp_path / source
        export(given, REVIEW, "jsonl", to, by="test", salt="s")
        (row,) = lines(to / "data.jsonl")
        assert (row["source"], row["sentiment"]) == (source, sentiment)


def test_an_item_that_most_can_t_judge_has_no_labels(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1")], "test")
    give(desk, "가", "r1", review())
    give(desk, "나", "r1", {"note": "광고"}, outcome="unjudgeable")
    give(desk, "다", "r1", {}, outcome="unjudgeable")
    (row,) = rows(desk, tmp_path / "out")
    assert (row["outcome"], row["sentiment"], row["emotions"], row["emotions_soft"]) == (
        "unjudgeable",
        None,
        None,
        None,
    )
    assert row["note"] == ["광고"]
    with pytest.raises(NothingToExport, match="unjudgeable 1"):
        make(desk, tmp_path / "c", "classification")


def test_spares_are_shown_and_don_t_count(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1", seats=1)], "test")
    give(desk, "가", "r1", review("mixed"))
    snapshot = desk.snapshot("review")
    (answer,) = snapshot.annotations
    spare = replace(answer, id=answer.id + 1, annotator="나", seat=None, labels=review("negative"))
    given = replace(snapshot, annotations=(answer, spare))
    export(given, REVIEW, "jsonl", tmp_path / "out", by="test", salt="s")
    (row,) = lines(tmp_path / "out" / "data.jsonl")
    assert (row["sentiment"], row["answers"]) == ("mixed", 1)
    assert [each["spare"] for each in row["annotations"]] == [False, True]


def test_everything_left_out_is_listed_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1"), new_review("r2")], "test")
    give(desk, "가", "r1", review())
    snapshot = desk.snapshot("review")
    one, two = snapshot.tasks
    repeat = replace(two, id=3, key="r1 again", repeat_of=one.id)
    old = replace(two, id=4, key="old", version=7)
    given = replace(snapshot, tasks=(one, two, repeat, old))
    manifest = export(given, REVIEW, "jsonl", tmp_path / "out", by="test", salt="s")
    assert manifest.dropped == {"unanswered": 1, "repeat": 1, "other-version": 1}
    assert manifest.counts == {
        "tasks": 4,
        "items": 1,
        "records": 1,
        "answers": 1,
        "revisions": 1,
        "annotators": 1,
        "dropped": 3,
    }
    told = lines(tmp_path / "out" / "dropped.jsonl")
    assert [(each["id"], each["code"]) for each in told] == [
        ("r2", "unanswered"),
        ("r1 again", "repeat"),
        ("old", "other-version"),
    ]
    assert all(each["ko"] and each["en"] for each in told)


def test_too_few_answers_leave_an_item_out(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1"), new_review("r2")], "test")
    give(desk, "가", "r1", review())
    give(desk, "나", "r1", review())
    give(desk, "가", "r2", review())
    manifest = make(desk, tmp_path / "out", min_answers=2)
    assert manifest.dropped == {"too-few-answers": 1}
    assert [row["id"] for row in lines(tmp_path / "out" / "data.jsonl")] == ["r1"]


# the folder


def test_every_form_is_a_module_and_known() -> None:
    assert set(available()) == {*FOR_ALL, "sft", "dpo"}
    assert all(load_form(name).TITLE.ko for name in available())
    with pytest.raises(FormNotFound, match="classification, csv"):
        load_form("xml")


def test_the_same_items_are_the_same_records_in_every_table(full: Desk, tmp_path: Path) -> None:
    made = {form: make(full, tmp_path / form, form) for form in ("jsonl", "csv", "parquet", "hf")}
    assert len({manifest.records_sha256 for manifest in made.values()}) == 1


@pytest.mark.parametrize("form", FOR_ALL)
def test_the_manifest_says_what_the_folder_is(full: Desk, tmp_path: Path, form: str) -> None:
    to = tmp_path / "새 폴더" / form
    manifest = make(full, to, form)
    assert read_manifest(to) == manifest
    assert check(to) == manifest
    assert (manifest.form, manifest.scheme, manifest.version) == (form, "review", REVIEW.version)
    assert manifest.scheme_digest == REVIEW.digest
    assert manifest.by == "test"
    assert manifest.up_to == 90
    there = {str(path.relative_to(to)) for path in to.rglob("*") if path.is_file()}
    assert set(manifest.files) == there - {"manifest.json"}
    for name, entry in manifest.files.items():
        content = (to / name).read_bytes()
        assert (entry.sha256, entry.bytes) == (hashlib.sha256(content).hexdigest(), len(content))


def test_a_file_that_changed_is_found(full: Desk, tmp_path: Path) -> None:
    make(full, tmp_path / "out")
    data = tmp_path / "out" / "data.jsonl"
    data.write_bytes(data.read_bytes().replace(b"mixed", b"mixes", 1))
    with pytest.raises(ExportNotProven, match=r"data\.jsonl"):
        check(tmp_path / "out")
    data.unlink()
    with pytest.raises(ExportNotProven, match=r"data\.jsonl"):
        check(tmp_path / "out")
    with pytest.raises(NoExport):
        check(tmp_path)


@pytest.mark.parametrize("form", FOR_ALL)
def test_what_reads_back_differently_is_no_export(
    full: Desk, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load_form(form)
    written = module.write

    def wrongly(records: Any, to: Path, recipe: Any) -> None:
        def changed() -> Iterator[Any]:
            for number, record in enumerate(records):
                wrong = {**record}
                if number == 7:
                    place = wrong["data"] if form == "labelstudio" else wrong
                    place["text"] += "."
                yield wrong

        written(changed(), to, recipe)

    monkeypatch.setattr(module, "write", wrongly)
    with pytest.raises(ExportNotProven, match=form):
        make(full, tmp_path / "out", form)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_record_is_found_too(full: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl_form, "read", lambda folder, recipe: iter(()))
    with pytest.raises(ExportNotProven, match="0/30"):
        make(full, tmp_path / "out")


def test_a_full_disk_leaves_nothing(full: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(records: Any, to: Path, recipe: Any) -> None:
        (to / "data.jsonl").write_text("{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonl_form, "write", refuse)
    with pytest.raises(DiskFull):
        make(full, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_are_not_overwritten(full: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make(full, tmp_path / "empty")
    with pytest.raises(ExportExists):
        make(full, tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportExists):
        make(full, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


def test_nothing_to_export_says_why(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_review("r1")], "test")
    with pytest.raises(NothingToExport, match="unanswered 1"):
        make(desk, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["sft", "dpo"])
def test_reviews_are_no_answers_to_imitate(desk: Desk, tmp_path: Path, form: str) -> None:
    with pytest.raises(FormUnfit, match="review"):
        make(desk, tmp_path / "out", form)


def test_an_export_that_is_killed_leaves_no_folder_and_is_swept_up(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        many(desk, 5, 1)
    script = (
        "import sys, time; from pathlib import Path; from annotations.desk import Desk;"
        "from annotations.export.export import export; from annotations.export.forms import jsonl;"
        "from tests.annotations.filled import REVIEW;"
        "jsonl.read = lambda *_: (print('here', flush=True), time.sleep(60));"
        "home = Path(sys.argv[1]);"
        "export(Desk(home / 'labels.db'), REVIEW, 'jsonl', home / 'x' / 'out', by='t', salt='s')"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    left = [path.name for path in (tmp_path / "x").iterdir()]
    assert len(left) == 1
    assert left[0].startswith(UNFINISHED)
    sweep(tmp_path / "x")
    assert [path.name for path in (tmp_path / "x").iterdir()] == left, "whoever still writes is left alone"
    child.kill()
    child.communicate()
    assert exports(tmp_path / "x") == []
    sweep(tmp_path / "x")
    assert list((tmp_path / "x").iterdir()) == []


def test_exports_are_listed_newest_first(full: Desk, tmp_path: Path) -> None:
    for name in ("a", "b"):
        make(full, tmp_path / name)
    (tmp_path / "not one").mkdir()
    assert [folder.name for folder, _ in exports(tmp_path)] == ["b", "a"]
    assert exports(tmp_path / "missing") == []


def test_progress_is_told(full: Desk, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    export(full, REVIEW, "jsonl", tmp_path / "out", by="t", salt="s", progress=lambda *step: told.append(step))
    assert told[0] == ("read", 0, 0)


def test_twenty_thousand_answers_take_seconds(full: Desk, tmp_path: Path) -> None:
    snapshot = full.snapshot("review")
    (task, *_), answers = snapshot.tasks, snapshot.annotations[:2]
    tasks = tuple(replace(task, id=n, key=f"k{n}") for n in range(1, 10_001))
    annotations = tuple(
        replace(answer, id=2 * each.id + n, task_id=each.id) for each in tasks for n, answer in enumerate(answers)
    )
    given = replace(snapshot, tasks=tasks, annotations=annotations)
    began = time.process_time()
    manifest = export(given, REVIEW, "parquet", tmp_path / "out", by="t", salt="s")
    seconds = time.process_time() - began
    assert manifest.counts["answers"] == 20_000
    assert seconds < 30  # measured: some 4 on one core


# the forms


def test_no_cell_is_a_formula_and_every_text_comes_back(full: Desk, tmp_path: Path) -> None:
    make(full, tmp_path / "out", "csv", excel=True)
    names = ("items.csv", "answers.csv")
    for name in names:
        path = tmp_path / "out" / name
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not any(cell.startswith(csv_form.RISKY[:-1]) for cell in row)
    with (tmp_path / "out" / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        notes = {row["labels.note"] for row in csv.DictReader(file)}
    assert '\'=HYPERLINK("http://x","y")' in notes
    assert "''인용" in notes
    make(full, tmp_path / "plain", "csv")
    assert not (tmp_path / "plain" / "items.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_a_cell(text: str) -> None:
    written = csv_form.cell(text, "string")
    assert not written.startswith(csv_form.RISKY[:-1])
    assert csv_form.value_of(written, "string") == text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.none())
def test_a_name_that_is_missing_stays_missing(name: str | None) -> None:
    assert csv_form.value_of(csv_form.cell(name, Choice(())), Choice(())) == name
    assert csv_form.value_of(csv_form.cell(name, "name"), "name") == name


def test_the_hf_form_opens_in_datasets_with_typed_features(full: Desk, tmp_path: Path) -> None:
    make(full, tmp_path / "out", "hf")
    make(full, tmp_path / "lines")
    seen = json.loads(run_with("datasets", "hf_dataset.py", tmp_path / "out", tmp_path / "cache"))
    assert seen["features"]["sentiment"] == ["ClassLabel", ["positive", "neutral", "negative", "mixed"]]
    assert seen["features"]["intensity"] == ["Value", "int64"]
    assert seen["features"]["emotions"] == ["List", None]
    names = ["positive", "neutral", "negative", "mixed"]
    for row, line in zip(seen["rows"], lines(tmp_path / "lines" / "data.jsonl"), strict=True):
        named = None if row["sentiment"] is None else names[row["sentiment"]]
        assert row | {"sentiment": named, "context": json.loads(row["context"])} == line


@pytest.mark.models
def test_label_studio_takes_its_form(full: Desk, tmp_path: Path) -> None:
    full.add_suggestion(1, "모델", review("negative"), {})
    make(full, tmp_path / "out", "labelstudio")
    (tmp_path / "converted").mkdir()
    told = run_with("label_studio_sdk", "label_studio.py", tmp_path / "out", tmp_path / "converted")
    assert json.loads(told.splitlines()[-1]) == {"tasks": 30, "checked": 91}


def test_label_studio_s_offsets_are_code_points(full: Desk, tmp_path: Path) -> None:
    text = "👨‍👩‍👧 " + TEXT
    with open_desk(tmp_path) as desk:
        desk.add_tasks([new_review("r1", text, seats=1)], "test")
        labels = {**review(), "aspects": []}
        start = text.index("불맛은")
        labels["aspects"] = [
            {"label": "food", "polarity": "positive", "start": start, "end": start + 3, "quote": "불맛은"}
        ]
        give(desk, "가", "r1", labels)
        make(desk, tmp_path / "out", "labelstudio")
    (task,) = json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8"))
    regions = [each for each in task["annotations"][0]["result"] if each["from_name"] == "aspects"]
    assert [(each["value"]["start"], each["value"]["text"]) for each in regions] == [(start, "불맛은")]


def test_classification_has_labels_and_soft_vectors_in_the_order_of_the_options(full: Desk, tmp_path: Path) -> None:
    manifest = make(full, tmp_path / "out", "classification")
    described = {each["field"]: each for each in json.loads((tmp_path / "out" / "labels.json").read_text("utf-8"))}
    assert list(described) == ["sentiment", "intensity", "emotions"]
    order = [option["id"] for option in described["emotions"]["options"]]
    make(full, tmp_path / "lines")
    known = {row["id"]: row for row in lines(tmp_path / "lines" / "data.jsonl")}
    emotions = lines(tmp_path / "out" / "emotions.jsonl")
    assert len(emotions) == 30
    for row in emotions:
        assert row["soft"] == [known[row["id"]]["emotions_soft"][option] for option in order]
        assert row["text"] == known[row["id"]]["text"]
    tied = [row["id"] for row in known.values() if row["sentiment"] is None]
    assert tied
    assert manifest.dropped == {"tied": len(tied)}
    told = lines(tmp_path / "out" / "dropped.jsonl")
    assert [(each["id"], each["field"]) for each in told] == [(id, "sentiment") for id in tied]
    assert {row["label"] for row in lines(tmp_path / "out" / "sentiment.jsonl")} <= {
        option["id"] for option in described["sentiment"]["options"]
    }


def test_any_scheme_can_be_written(tmp_path: Path) -> None:
    from tests.annotations.filled import grades, new_answer

    with open_desk(tmp_path) as desk:
        desk.add_tasks([new_answer("t1", "됩니다.", pair=("됩니다.", "안 됩니다.")), new_answer("t2", "네.")], "test")
        give(desk, "가", "t1", grades(4, 4, 4, chosen="a"), ANSWER)
        give(desk, "나", "t1", grades(4, 4, 4, chosen="tie"), ANSWER)
        give(desk, "가", "t2", grades(2, 1, 4, better="네, 지하에 있습니다.", errors=["incomplete"]), ANSWER)
        made = {
            form: export(desk, ANSWER, form, tmp_path / form, by="t", salt="s")
            for form in ("jsonl", "csv", "parquet", "hf")
        }
        assert len({manifest.records_sha256 for manifest in made.values()}) == 1
        first, second = lines(tmp_path / "jsonl" / "data.jsonl")
    assert first["preference_soft"] == {"first": 0.5, "second": 0, "tie": 0.5}
    assert (first["preference"], second["preference"], second["preference_soft"]) == (None, None, None)
    assert second["better"] == ["네, 지하에 있습니다."]


def test_the_interrupted_are_not_taken_for_running(tmp_path: Path) -> None:
    for pid in (os.getpid(), 2**22 + 1):
        (tmp_path / f"{UNFINISHED}x-{pid}").mkdir()
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{UNFINISHED}x-{os.getpid()}"]
