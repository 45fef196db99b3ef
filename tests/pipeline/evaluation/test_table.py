"""The light table of a run says what the records say, and finds each of them."""

from __future__ import annotations

import pytest

from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.running import Evaluation, evaluate
from pipeline.evaluation.runs import RECORDS, read_records
from pipeline.evaluation.table import FLOW, LINKS, TABLE, flow, read_record, read_table
from pipeline.service import Service
from tests.pipeline.evaluation.questions import SAMPLES


def test_every_row_finds_its_record(service: Service) -> None:
    folder, _ = evaluate(service, SAMPLES, Evaluation("table", "small"))
    table, records = read_table(folder), read_records(folder)
    assert (folder / TABLE).exists()
    assert table["id"].tolist() == [record.id for record in records]
    for row, record in zip(table.to_dict("records"), records, strict=True):
        assert read_record(folder, row["start"], row["size"]) == record
        assert row["verdict"] == record.verdict
        assert row["bm25"] == min((p.ranks["bm25"] for p in record.paths if p.ranks), default=0)


def test_a_missing_or_old_table_is_made_from_the_records(service: Service) -> None:
    folder, _ = evaluate(service, SAMPLES[:3], Evaluation("old", "small"))
    (folder / TABLE).unlink()
    assert len(read_table(folder)) == 3
    lines = (folder / RECORDS).read_text(encoding="utf-8").splitlines(keepends=True)
    with pytest.raises(ValueError):  # noqa: PT011  (any that JSON or the record raises)
        read_record(folder, 1, len(lines[0]))


def test_the_flow_loses_nobody_and_ends_each_in_one_verdict() -> None:
    assert set(LINKS) == {verdict.value for verdict in Verdict}
    verdicts = {verdict.value: place for place, verdict in enumerate(Verdict, start=1)}
    counts = flow(verdicts)
    assert sum(n for (stage, _), n in counts.items() if stage == FLOW[0]) == sum(verdicts.values())
    for stage in FLOW[1:]:
        coming = sum(n for (_, target), n in counts.items() if target == stage)
        assert coming == sum(n for (source, _), n in counts.items() if source == stage)
    assert all(counts[LINKS[verdict][-1]] == count for verdict, count in verdicts.items())
