"""Who gets which variant: always the same one, in the shares that the profile names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from pipeline.config import load_profile
from pipeline.errors.base import HansangError
from pipeline.errors.settings import IndexTimeSetting, UnknownSetting
from pipeline.experiments.variants import BadVariants, Variant, assign, label, read_variants

AB = read_variants([{"name": "b", "share": 0.3, "set": {"fusion.weight": 0.4}}])


def test_what_the_variants_leave_is_the_profiles_own() -> None:
    assert (Variant("base", 0.7), Variant("b", 0.3, (("fusion.weight", 0.4),))) == AB
    assert read_variants([]) == ()
    whole = read_variants([{"name": "a", "share": 0.1}, {"name": "b", "share": 0.2}, {"name": "c", "share": 0.7}])
    assert [variant.name for variant in whole] == ["a", "b", "c"]  # .1 + .2 + .7 is not quite 1 in floats
    nested = read_variants([{"name": "b", "share": 0.5, "set": {"fusion": {"weight": 0.4}}}])
    assert nested[1].overrides == (("fusion.weight", 0.4),)


@given(st.text(max_size=40))
def test_a_session_always_gets_the_same(session: str) -> None:
    assert assign(AB, session) is assign(AB, session)
    assert assign((), session) is None


@pytest.mark.parametrize("shares", [(0.5,), (0.1,), (0.2, 0.3), (0.25, 0.25, 0.5)])
def test_the_shares_are_kept(shares: tuple[float, ...]) -> None:
    variants = read_variants([{"name": f"v{n}", "share": share} for n, share in enumerate(shares)])
    counts = dict.fromkeys((variant.name for variant in variants), 0)
    for number in range(20_000):
        chosen = assign(variants, f"session-{number}")
        assert chosen is not None
        counts[chosen.name] += 1
    assert chisquare(list(counts.values()), [20_000 * variant.share for variant in variants]).pvalue > 0.001


def test_a_larger_share_takes_nobody_from_the_variant() -> None:
    small, large = (read_variants([{"name": "a", "share": s}, {"name": "b", "share": 1 - s}]) for s in (0.1, 0.5))
    for number in range(2_000):
        before, after = assign(small, str(number)), assign(large, str(number))
        assert (before and before.name, after and after.name) != ("a", "b")


def test_the_label_tells_settings_apart() -> None:
    b = AB[1]
    assert label(b, {"x": 1}) == label(b, {"x": 1})
    assert label(b, {"x": 1}).startswith("b@")
    assert label(b, {"x": 1}) != label(b, {"x": 2})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"name": "b", "share": 0.5}, "목록"),
        ("b", "목록"),
        ([{"name": "b"}], "name, share, set"),
        ([{"name": "b", "share": 0.5, "settings": {}}], "settings"),
        ([3], "3"),
        ([{"name": "b", "share": 0}], "몫"),
        ([{"name": "b", "share": 1.5}], "몫"),
        ([{"name": "b", "share": float("nan")}], "몫"),
        ([{"name": "b", "share": True}], "몫"),
        ([{"name": "b", "share": "반"}], "몫"),
        ([{"name": "b", "share": 1}], "하나뿐"),
        ([{"name": "b", "share": 0.6}, {"name": "c", "share": 0.6}], "1을 넘"),
        ([{"name": "b", "share": 0.4}, {"name": "b", "share": 0.4}], "겹칩니다"),
        ([{"name": "base", "share": 0.4}], "프로필 자신"),
        ([{"name": "b@1", "share": 0.4}], "이름"),
        ([{"name": "", "share": 0.4}], "이름"),
        ([{"name": "b", "share": 0.4, "set": 3}], "set"),
        ([{"name": "b", "share": 0.4, "set": {"fusion.weight": [0.4]}}], "값 하나"),
    ],
)
def test_what_can_not_be_one_is_refused_with_an_example(rows: object, said: str) -> None:
    with pytest.raises(BadVariants) as refused:
        read_variants(rows)
    assert said in refused.value.korean
    assert 'set = { "fusion.weight" = 0.4 }' in refused.value.korean
    assert "[[variants]]" in refused.value.english


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ('"fusion.wait" = 1', UnknownSetting),
        ('"indexing.k1" = 2.0', IndexTimeSetting),
        ('"fusion.weight" = 3', HansangError),
    ],
)
def test_a_profile_with_a_variant_that_can_not_run_is_refused(
    tmp_path: Path, settings: str, error: type[HansangError]
) -> None:
    path = tmp_path / "ab.toml"
    path.write_text(f'profile = "embedded"\n[[variants]]\nname = "b"\nshare = 0.5\nset = {{ {settings} }}\n', "utf-8")
    with pytest.raises(error):
        load_profile(str(path))


def test_a_profile_brings_its_variants(tmp_path: Path) -> None:
    path = tmp_path / "ab.toml"
    path.write_text('[[variants]]\nname = "b"\nshare = 0.5\nset = { "fusion.weight" = 0.4 }\n', "utf-8")
    settings = load_profile(str(path))
    assert [variant.name for variant in settings.variants] == ["base", "b"]
    assert "variants" not in settings.flat()
    assert load_profile("embedded").variants == ()
