"""An evaluation from the file of questions to the report: what ``hansang evaluate`` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.corpus.reader import read_samples
from pipeline.errors.files import FileProblem
from pipeline.evaluation.asking import Asking
from pipeline.evaluation.checks import judged_of
from pipeline.evaluation.records import Record
from pipeline.evaluation.report import report
from pipeline.evaluation.runs import SUMMARY, Plan, Watch, execute, open_run, plan, run_folder
from pipeline.evaluation.sampling import Stratum, draw
from pipeline.evaluation.summary import Summary, summarise
from pipeline.evaluation.table import write_table
from pipeline.service import Request, Service
from pipeline.storage import clear_errors, write_atomically, write_json
from pipeline.types import Sample


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run is called and how it is made. ``again`` asks failed questions once more.

    ``asking`` is how: in one phase, unless told otherwise.
    """

    name: str
    index: str
    overrides: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    workers: int = 2
    again: bool = False
    asking: Asking | None = None


def read_questions(
    path: Path, form: str = "auto", *, limit: int = 0, size: int = 0, stratify: Stratum = "", seed: int = 0
) -> list[Sample]:
    """The questions of a file: the first ``limit``, or ``size`` drawn from them (0: all).

    Raises:
        FileProblem: it can't be read, has no question, or has two of one id.
    """
    samples = read_samples(path, form)
    if not samples:
        raise FileProblem(
            path=path, problem="질문이 하나도 없습니다", cure="한 줄에 {\"id\", \"question\", …} 하나씩 적어 주세요.",
            problem_en="there is no question in it", cure_en="Write one {\"id\", \"question\", …} a line.",
        )  # fmt: skip
    twice = [id_ for id_, count in Counter(sample.question.id for sample in samples).items() if count > 1]
    if twice:
        names = ", ".join(twice[:5])
        raise FileProblem(
            path=path, problem=f"아이디가 두 번 나오는 질문이 {len(twice)}개 있습니다: {names}",
            cure="질문마다 다른 id를 주세요.",
            problem_en=f"{len(twice)} ids occur twice: {names}", cure_en="Give every question an id of its own.",
        )  # fmt: skip
    samples = samples[:limit] if limit else samples
    return draw(samples, size, stratify, seed) if size else samples


def evaluate(
    service: Service, samples: Sequence[Sample], job: Evaluation, watch: Watch = lambda state: None
) -> tuple[Path, Summary]:
    """Make a run, or finish it, and write its summary and report. Returns its folder and the summary.

    Raises:
        HansangError: the name, the index or a setting can't be used, or the run was begun under other conditions.
    """
    folder = run_folder(service.home.runs, job.name)
    wanted = plan(service, job.index, samples, job.overrides, job.seed)
    open_run(folder, wanted)
    request = Request("", job.index, job.overrides, keep=False)
    records = execute(
        service, folder, samples, request, workers=job.workers, again=job.again, watch=watch, asking=job.asking
    )
    return folder, write_results(folder, wanted, records)


def write_results(folder: Path, made: Plan, records: Sequence[Record]) -> Summary:
    """Write the table, the summary and the report of a finished run, with what judges have made of it so far.

    Raises:
        DiskFull: there is no room; the records are kept.
    """
    summary = summarise(records, made.seed, judged_of(folder, records))
    write_table(folder, records)
    with clear_errors(folder):
        write_json(folder / SUMMARY, asdict(summary))
        write_atomically(folder / "report.html", report(folder.name, made, summary, records))
    return summary
