import pytest

from pipeline.config import load_profile, parse_assignments, with_overrides
from pipeline.errors.files import FileProblem
from pipeline.errors.settings import BadSetting, IndexTimeSetting, UnknownSetting
from pipeline.settings import Settings, options


def test_profile_embedded_sets_what_it_says() -> None:
    settings = load_profile("embedded")
    assert (settings.profile, settings.tokenizer, settings.fusion.weight) == ("embedded", "kiwi", 0.25)


def test_every_setting_is_described_in_both_languages() -> None:
    assert all(option.ko and option.en for option in options(Settings()))


def test_flat_settings_rebuild_the_settings() -> None:
    changed = with_overrides(Settings(), {"fusion.weight": "0.4", "retrieval.k": 7, "reranker": "none"})
    assert with_overrides(Settings(), changed.flat(), indexing=True) == changed
    assert (changed.fusion.weight, changed.retrieval.k, changed.reranker) == (0.4, 7, "none")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fusion.weight", "1.1"),
        ("fusion.weight", "nan"),
        ("fusion.weight", "많이"),
        ("fusion.method", "sum"),
        ("retrieval.k", "2.5"),
        ("retrieval.k", "0"),
        ("retrieval.k", "-3"),
        ("answer.sentences", ""),
    ],
)
def test_a_value_it_can_not_take_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        with_overrides(Settings(), {name: value})
    assert name in caught.value.korean
    assert name in caught.value.english


@pytest.mark.parametrize("value", ["가" * 1_001, "a\ud800"])
def test_a_text_that_no_trace_should_hold_is_refused(value: str) -> None:
    with pytest.raises(BadSetting, match="온전한 글자") as refused:
        with_overrides(Settings(), {"prompt": value})
    refused.value.english.encode()
    assert len(str(refused.value)) < 200


def test_unknown_setting_lists_the_known_ones() -> None:
    with pytest.raises(UnknownSetting) as caught:
        with_overrides(Settings(), {"retrieval.top_k": "3"})
    assert "retrieval.k" in caught.value.korean


def test_index_time_setting_is_refused_at_a_question_and_taken_when_indexing() -> None:
    with pytest.raises(IndexTimeSetting, match="hansang index"):
        with_overrides(Settings(), {"indexing.k1": "2.0"})
    assert with_overrides(Settings(), {"indexing.k1": "2.0"}, indexing=True).indexing.k1 == 2.0


def test_index_time_setting_that_changes_nothing_is_allowed() -> None:
    assert with_overrides(Settings(), {"indexing.k1": "1.2"}) == Settings()


def test_assignments() -> None:
    assert parse_assignments(["fusion.weight=0.4", "x = a=b"]) == {"fusion.weight": "0.4", "x": "a=b"}
    with pytest.raises(BadSetting):
        parse_assignments(["fusion.weight"])


def test_profile_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(FileProblem, match="embedded"):
        load_profile("nope")
