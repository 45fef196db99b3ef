"""A model's folder is judged before a library opens it: whole, with a tokenizer, fit for its role."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.neural import ModelUnusable
from pipeline.neural.folders import check, check_first_token, digest, longest, weights
from tests.pipeline.neural.folders import make, make_reranker, write_safetensors


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 2271071852\n")


def shard_missing(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    listed = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listed))


def left(folder: Path) -> None:
    (folder / ".cache").mkdir()
    (folder / ".cache" / "model.safetensors.incomplete").touch()


def half_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as file:
        file.writestr("data.pkl", b"0" * 100)
    cut(folder / "pytorch_model.bin")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lambda f: (f / "config.json").unlink(), "config.json"),
    "half a config": (lambda f: cut(f / "config.json"), "config.json"),
    "a list as config": (lambda f: (f / "config.json").write_text("[]"), "config.json"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "no weights"),
    "half the weights": (lambda f: cut(f / "model.safetensors"), "cut off"),
    "empty weights": (lambda f: (f / "model.safetensors").write_bytes(b""), "cut off"),
    "a pointer of git-lfs": (lambda f: pointer(f / "model.safetensors"), "cut off"),
    "a part missing": (shard_missing, "model-00002-of-00002.safetensors is missing"),
    "a damaged listing": (lambda f: (shard_missing(f), cut(f / "model.safetensors.index.json")), "index.json"),
    "half a pickle": (half_pickle, "cut off"),
    "still downloading": (left, "incomplete is left"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
    "half a tokenizer": (lambda f: cut(f / "tokenizer.json"), "tokenizer.json can't be read"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_folder_that_is_not_whole_is_refused_with_the_cure(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path / "m")
    check(folder, "m", "encoder")
    damage, said = DAMAGE[name]
    damage(folder)
    with pytest.raises(ModelUnusable) as told:
        check(folder, "m", "encoder")
    assert said in told.value.english
    assert "온전하지 않습니다" in told.value.korean
    assert "hf download" in told.value.korean


@pytest.mark.parametrize("kind", ["LlamaForCausalLM", "XLMRobertaForSequenceClassification", "GPT2LMHeadModel"])
def test_what_makes_no_vectors_is_no_encoder(tmp_path: Path, kind: str) -> None:
    folder = make(tmp_path / "m", kind)
    with pytest.raises(ModelUnusable, match=r"models\.encoder") as told:
        check(folder, "m", "encoder")
    assert f"a {kind} makes no vectors" in told.value.english
    (folder / "modules.json").write_text("[]")  # somebody made an embedding model of it and says how
    check(folder, "m", "encoder")


def test_what_gives_no_single_score_is_no_reranker(tmp_path: Path) -> None:
    check(make_reranker(tmp_path / "good"), "m", "reranker")
    headless = make(tmp_path / "head", "XLMRobertaForSequenceClassification", id2label={"0": "LABEL_0"})
    for folder, said in (
        (make(tmp_path / "encoder"), "a XLMRobertaModel has no head"),
        (headless, "its weights have no head"),
        (make_reranker(tmp_path / "three", labels=3), "3 labels"),
        (make(tmp_path / "unsaid", "XLMRobertaForSequenceClassification", ("classifier.w",)), "2 labels"),
    ):
        with pytest.raises(ModelUnusable, match=r"models\.reranker") as told:
            check(folder, "m", "reranker")
        assert said in told.value.english


def packed(folder: Path, pooling: object, prompts: dict[str, str], *more: str) -> Path:
    """What sentence-transformers writes beside a model: its modules, how it pools, what stands before texts."""
    named = [("Transformer", ""), ("Pooling", "1_Pooling"), *((kind, f"2_{kind}") for kind in more)]
    listed = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for kind, path in named]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return folder


OLDER = {"word_embedding_dimension": 4, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
NONE = {"query": "", "document": ""}


@pytest.mark.parametrize("pooling", [OLDER, {"pooling_mode": "cls"}, {}])
def test_a_folder_that_is_read_by_its_first_token_is_bge_m3s_to_read(tmp_path: Path, pooling: object) -> None:
    check_first_token(make(tmp_path / "plain"), "m")
    check_first_token(packed(make(tmp_path / "packed"), pooling, NONE, "Normalize"), "m")


@pytest.mark.parametrize(
    ("pooling", "prompts", "more", "said"),
    [
        (OLDER, {"query": "query: ", "document": ""}, (), "'query: ' is to stand before a text"),
        (OLDER | {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, NONE, (), "Pooling mean_tokens"),
        (OLDER | {"pooling_mode_mean_tokens": True}, NONE, (), "Pooling cls_token mean_tokens"),
        ({"pooling_mode": "mean"}, NONE, (), "Pooling mean"),
        (OLDER, NONE, ("Dense", "Normalize"), "Dense"),
    ],
)
def test_a_folder_that_wants_to_be_read_otherwise_names_the_backend_that_does(
    tmp_path: Path, pooling: object, prompts: dict[str, str], more: tuple[str, ...], said: str
) -> None:
    folder = packed(make(tmp_path / "m"), pooling, prompts, *more)
    with pytest.raises(ModelUnusable, match="encoder=sentence_transformer") as told:
        check_first_token(folder, "m")
    assert said in told.value.english


@pytest.mark.parametrize("damage", ["{", '{"prompts": 5}', "[]"])
def test_damaged_files_of_sentence_transformers_are_told(tmp_path: Path, damage: str) -> None:
    folder = packed(make(tmp_path / "m"), OLDER, NONE)
    (folder / "config_sentence_transformers.json").write_text(damage)
    with pytest.raises(ModelUnusable, match="온전하지 않습니다"):
        check_first_token(folder, "m")


def test_memory_is_that_of_the_parameters_and_not_of_the_file(tmp_path: Path) -> None:
    folder = make(tmp_path / "m", names=("a", "b", "c"))
    found = weights(folder, "m")
    assert (found.needed(4), found.needed(2)) == (48, 24)
    write_safetensors(folder / "model.safetensors", ("a", "b", "c"), each=2, kind="BF16")
    assert weights(folder, "m").needed(4) == 48


def test_a_hash_is_that_of_what_the_model_is_made_of(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one"), make(tmp_path / "other")
    assert digest(one) == digest(other)
    (one / "README.md").write_text("a card")
    assert digest(one) == digest(other)
    other_pooling = other / "1_Pooling"
    other_pooling.mkdir()
    (other_pooling / "config.json").write_text("{}")
    assert digest(one) != digest(other)


@given(positions=st.integers(3, 10_000), wanted=st.integers(1, 10_000))
def test_no_more_tokens_than_wanted_or_than_there_are_positions_for(positions: int, wanted: int) -> None:
    for kind, lost in (("xlm-roberta", 2), ("bert", 0)):
        found = longest({"model_type": kind, "max_position_embeddings": positions}, wanted)
        assert found == min(wanted, positions - lost)
    assert longest({}, wanted) == wanted
