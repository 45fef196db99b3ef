"""READ FIRST of the reading modules: from files of reviews to documents and rejects, row by row.

`pipeline.tables` looks at files (`encodings`), opens them as rows (`rows`), finds their columns (`columns`) and
understands their cells (`cells`); a row that can't be used becomes a `Reject` (`rejects`) and the rest is read.
Benchmarks are in `formats`, passages in `splitting`, what is odd but usable in `remarks`. Nothing is indexed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pipeline.corpus.formats import BEIR_COLUMNS, beir_corpus, beir_samples, own_samples, squad_documents, squad_samples
from pipeline.corpus.remarks import Noticed
from pipeline.errors.settings import BadSetting
from pipeline.tables.cells import label, read_date, read_price_band, read_rating, read_text
from pipeline.tables.columns import RESTAURANT_COLUMNS, REVIEW_COLUMNS, assign, missing
from pipeline.tables.encodings import check_file, problem
from pipeline.tables.rejects import Refusal
from pipeline.tables.rows import FORMATS, Row, Table, open_table
from pipeline.types import Document, Reject, Sample, Source

_NOTHING_NAMED: Mapping[str, str] = MappingProxyType({})

Placed = tuple[int, Document, str] | Reject
"""The line of a document, the document, and its date as written where that could not be read; or a reject."""


@dataclass(frozen=True, slots=True)
class _Restaurant:
    name: str
    category: str
    district: str
    price_band: int | None


@dataclass(frozen=True, slots=True)
class _Reviews:
    """A file of reviews made ready: ``stem`` names those of its rows that have no id of their own."""

    table: Table
    stem: str
    named: Mapping[str, str]


def read_corpus(
    paths: Sequence[Path],
    *,
    format: str = "auto",
    columns: Mapping[str, str] = _NOTHING_NAMED,
    restaurants: Path | None = None,
    restaurant: str = "",
    noticed: Noticed | None = None,
) -> Iterator[Document | Reject]:
    """The documents of some files, in order, and a `Reject` for every row that can't be used.

    All files are looked at, and their columns found, before this returns; rows are read when they are asked for.

    Args:
        paths: files, or with ``beir`` folders.
        format: ``auto`` (by extension), ``csv``, ``tsv``, ``jsonl``, ``parquet``, ``squad`` or ``beir``.
        columns: the column of a field (``{"text": "본문"}``), for those that their names don't tell.
        restaurants: a file of restaurants whose name, category, district and price band fill what reviews leave empty,
            joined through the reviews' ``restaurant_id``.
        restaurant: the name of the restaurant that reviews are of which name none.
        noticed: filled, while rows are asked for, with what is odd in files of reviews but no reason to refuse a row.

    Raises:
        FileProblem: a file is missing, empty, damaged, not text, of an unknown format, or given twice.
        MissingColumn: a file has no column for the text (or for ``restaurant_id``, when needed), or not the one named.
        BadSetting: an unknown format or field.
    """
    _check_settings(format, columns, restaurants, restaurant)
    _refuse_twice(paths)
    found = _read_corpus(paths, format, columns, restaurants, noticed or Noticed())
    return (_named(each, label(restaurant)) for each in found) if restaurant else found


def _named(found: Document | Reject, restaurant: str) -> Document | Reject:
    if isinstance(found, Reject) or found.source.restaurant:
        return found
    return replace(found, source=replace(found.source, restaurant=restaurant))


def _read_corpus(
    paths: Sequence[Path], format: str, columns: Mapping[str, str], restaurants: Path | None, noticed: Noticed
) -> Iterator[Document | Reject]:
    if format == "squad":
        for path in paths:
            check_file(path)
        return _distinct(((path, _undated(squad_documents(path))) for path in paths), noticed)
    if format == "beir":
        # A benchmark's other columns are its own affair, and none of them can be named.
        return _distinct(((r.table.path, _documents(r, None, Noticed())) for r in _open_beir(paths)), Noticed())
    reviews = [_open_reviews(path, format, stem, columns) for path, stem in zip(paths, _stems(paths), strict=True)]
    if restaurants is None:
        return _distinct(((r.table.path, _documents(r, None, noticed)) for r in reviews), noticed)
    for each in reviews:
        _require(each.table, "restaurant_id", columns)
    return _joined(reviews, _open_restaurants(restaurants), noticed)


def read_samples(path: Path, format: str = "auto") -> list[Sample]:
    """The questions of an evaluation set with what is known to be right.

    Args:
        path: a file, or with ``beir`` a folder.
        format: ``squad``, ``beir``, ``jsonl`` (this project's own), or ``auto``: a folder is BEIR, ``.json`` SQuAD, the
            rest this project's own.

    Raises:
        FileProblem: a file can't be read, or a part of it is broken; a set is never read in part.
        BadSetting: an unknown format.
    """
    readers = {"squad": squad_samples, "beir": beir_samples, "jsonl": own_samples}
    if format == "auto":
        format = "beir" if path.is_dir() else "squad" if path.suffix.lower() == ".json" else "jsonl"
    if format not in readers:
        raise _no_format(format, ("auto", *readers))
    return readers[format](path)


def _check_settings(format: str, columns: Mapping[str, str], restaurants: Path | None, restaurant: str) -> None:
    known = ("auto", *dict.fromkeys(FORMATS.values()), "squad", "beir")
    if format not in known:
        raise _no_format(format, known)
    given = {"column": columns, "restaurants": restaurants, "restaurant": restaurant}
    for name, value in given.items():
        if value and format in ("squad", "beir"):
            raise BadSetting(
                name=name, value=value,
                expected=f"형식이 {format}이면 쓰지 않습니다.", expected_en=f"The format {format} has no use for it.",
            )  # fmt: skip


def _no_format(format: str, known: Sequence[str]) -> BadSetting:
    listed = "/".join(known)
    return BadSetting(name="format", value=format, expected=f"쓸 수 있는 값: {listed}", expected_en=f"One of: {listed}")


def _refuse_twice(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            raise problem(
                path,
                "같은 파일이 두 번 주어졌습니다",
                "한 번만 적어 주세요.",
                "The same file is given twice",
                "Give it once.",
            )
        seen.add(path.resolve())


def _stems(paths: Sequence[Path]) -> Iterator[str]:
    """A name for each file that no other of them has: ``reviews``, and for the second of that name ``reviews.2``."""
    seen: Counter[str] = Counter()
    for path in paths:
        seen[path.stem] += 1
        yield path.stem if seen[path.stem] == 1 else f"{path.stem}.{seen[path.stem]}"


def _open_reviews(path: Path, format: str, stem: str, named: Mapping[str, str]) -> _Reviews:
    table = open_table(path, format)
    _require(table, "text", named)
    return _Reviews(table, stem, named)


def _open_beir(paths: Sequence[Path]) -> list[_Reviews]:
    corpora = [beir_corpus(path) for path in paths]
    pairs = zip(corpora, _stems(corpora), strict=True)
    return [_open_reviews(path, "jsonl", stem, BEIR_COLUMNS) for path, stem in pairs]


def _require(table: Table, field: str, named: Mapping[str, str]) -> None:
    # JSON Lines of which no line at the beginning can be read have no columns: their lines are rejected one by one.
    if table.columns and field not in assign(table.path, table.columns, named):
        raise missing(table.path, field, table.columns)


def _joined(
    reviews: Sequence[_Reviews], restaurants: tuple[Table, Mapping[str, str]], noticed: Noticed
) -> Iterator[Document | Reject]:
    places: dict[str, _Restaurant] = {}
    yield from _read_restaurants(*restaurants, places)
    yield from _distinct(((each.table.path, _documents(each, places, noticed)) for each in reviews), noticed)


def _undated(rows: Iterator[tuple[int, Document] | Reject]) -> Iterator[Placed]:
    yield from (row if isinstance(row, Reject) else (*row, "") for row in rows)


def _distinct(files: Iterator[tuple[Path, Iterator[Placed]]], noticed: Noticed) -> Iterator[Document | Reject]:
    """The documents of all files; those whose id another document has already are rejected."""
    seen: set[str] = set()
    for path, rows in files:
        for row in rows:
            if isinstance(row, Reject):
                yield row
                continue
            line, document, unread = row
            name = document.source.document_id
            if name in seen:
                yield Refusal("duplicate-id", value=name, excerpt=document.text).at(path, line)
                continue
            seen.add(name)
            noticed.date(path, line, document.source.date, unread)
            yield document


def _documents(reviews: _Reviews, places: Mapping[str, _Restaurant] | None, noticed: Noticed) -> Iterator[Placed]:
    path = reviews.table.path
    columns = dict.fromkeys(reviews.table.columns)
    fields = assign(path, columns, reviews.named)
    for number, row in enumerate(reviews.table.rows(), start=1):
        if isinstance(row, Reject):
            yield row
            continue
        if not columns.keys() >= row.values.keys():
            # JSON Lines may bring a new column at any row; those found before keep their fields.
            columns |= dict.fromkeys(row.values)
            fields = assign(path, columns, fields)
        try:
            document = _document(row, fields, f"{reviews.stem}-{number}", places)
            yield row.line, document, "" if document.source.date else _written(row, fields)
        except Refusal as refusal:
            yield refusal.at(path, row.line)
    used = set(fields.values())
    noticed.unused(path, [column for column in columns if column not in used])


def _written(row: Row, fields: Mapping[str, str]) -> str:
    """What stands where the date should; empty where nothing does, or only a dash."""
    written = label(row.values.get(fields["date"])) if "date" in fields else ""
    return written if any(map(str.isalnum, written)) else ""


def _document(
    row: Row, fields: Mapping[str, str], default_id: str, places: Mapping[str, _Restaurant] | None
) -> Document:
    cells = {field: row.values.get(fields[field]) if field in fields else None for field in REVIEW_COLUMNS}
    text = read_text(cells["text"])
    place_id = label(cells["restaurant_id"])
    # Without a file of restaurants their id stands for their name: reviews of one restaurant still belong together.
    place = (places or {}).get(place_id) or _Restaurant(place_id, "", "", None)
    price_band = read_price_band(cells["price_band"])
    source = Source(
        document_id=label(cells["id"]) or default_id,
        start=0,
        end=len(text),
        title=label(cells["title"]),
        restaurant=label(cells["restaurant"]) or place.name,
        category=label(cells["category"]) or place.category,
        district=label(cells["district"]) or place.district,
        price_band=place.price_band if price_band is None else price_band,
        rating=read_rating(cells["rating"]),
        date=read_date(cells["date"]),
        reply_to=label(cells["reply_to"]),
    )
    return Document(text, source)


def _open_restaurants(path: Path) -> tuple[Table, Mapping[str, str]]:
    table = open_table(path)
    fields = assign(path, table.columns, _NOTHING_NAMED, RESTAURANT_COLUMNS)
    for field in ("id", "restaurant"):
        if field not in fields:
            raise missing(path, field, table.columns)
    return table, fields


def _read_restaurants(table: Table, fields: Mapping[str, str], places: dict[str, _Restaurant]) -> Iterator[Reject]:
    """Fill ``places`` by id; yields the rows that can't be used."""
    for row in table.rows():
        if isinstance(row, Reject):
            yield row
            continue
        try:
            name, place = _restaurant(row, fields)
            if name in places:
                raise Refusal("duplicate-id", value=name, excerpt=place.name)
            places[name] = place
        except Refusal as refusal:
            yield refusal.at(table.path, row.line)


def _restaurant(row: Row, fields: Mapping[str, str]) -> tuple[str, _Restaurant]:
    cells = {field: row.values.get(fields[field]) if field in fields else None for field in RESTAURANT_COLUMNS}
    name, place_id = label(cells["restaurant"]), label(cells["id"])
    if not name or not place_id:
        raise Refusal("restaurant-incomplete", excerpt=name or place_id)
    price_band = read_price_band(cells["price_band"])
    return place_id, _Restaurant(name, label(cells["category"]), label(cells["district"]), price_band)
