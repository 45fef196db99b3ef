"""A quality report without names: who gave which answers is for admins, what is to be mended for all who settle."""

from __future__ import annotations

from dataclasses import replace

from annotations.quality.types import FieldAgreement, QualityReport


def unnamed(report: QualityReport) -> QualityReport:
    """The report with a number for each person, in the order of their first answers: it stays theirs as others come."""
    skipped_only = (each.person for each in reversed(report.remarks))
    everybody = dict.fromkeys((*report.people, *skipped_only))
    number = {name: f"작업자 {n}" for n, name in enumerate(everybody, 1)}
    return replace(
        report,
        people=tuple(number[name] for name in report.people),
        fields=tuple(_field(each, number) for each in report.fields),
        gold=tuple(replace(each, person=number[each.person]) for each in report.gold),
        repeats=tuple(replace(each, person=number[each.person]) for each in report.repeats),
        speed=tuple(replace(each, person=number[each.person]) for each in report.speed),
        pulls=tuple(replace(each, person=number[each.person]) for each in report.pulls),
        remarks=tuple(replace(each, person=number[each.person]) for each in report.remarks),
    )


def _field(field: FieldAgreement, number: dict[str, str]) -> FieldAgreement:
    return replace(
        field,
        people={number[name]: estimate for name, estimate in field.people.items()},
        pairs=tuple(replace(each, one=number[each.one], other=number[each.other]) for each in field.pairs),
    )
