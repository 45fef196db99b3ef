"""Fine-tuned sequence classifiers from folders (KR-ELECTRA, KcELECTRA, KOTE models …), run by transformers.

One folder tells one field: sentiment, intensity or emotions; several folders, with commas between, tell several. What
no folder tells is left out, and so are opinions on aspects always. transformers and torch are an optional extra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.fingerprints import digest, digest_of_files
from pipeline.analysis.label_names import Field, meaning_of
from pipeline.analysis.labels import EMOTIONS, LEVELS, NO_EMOTION, SENTIMENTS
from pipeline.analysis.networks import Network, ask
from pipeline.analysis.orders import without_orders
from pipeline.analysis.remarks import note_of, refused
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.settings import BadSetting
from pipeline.protocols import FloatArray
from pipeline.types import Analysis, Sentiment, Unanalysed

THRESHOLD = 0.5
"""From this on an emotion of several at once is felt."""

_LONGEST = 512  # tokens, where neither the tokenizer nor the model says
_MANY = 8  # texts; that so many all fail is not for what they say
_FILES = (".json", ".txt", ".model", ".safetensors", ".bin")  # what a model and its tokenizer are read from
_READ_MOST = 20_000  # characters handed to the tokenizer: more than any such model reads
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert")  # their first two positions hold no token

Shares = Mapping[str, float]


class ElectraClassifier:
    """See Classifier. Texts beside a text change its result in the last digits only, through padding."""

    def __init__(self, networks: Sequence[Network], name: str) -> None:
        self.name = name
        self._networks = tuple(networks)

    @property
    def fingerprint(self) -> str:
        """Of the models' files, as they were when they were loaded."""
        return digest(network.digest.encode() for network in self._networks)

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """See Classifier. There are never opinions.

        Raises:
            ModelUnusable: the models fail for every one of several texts.
        """
        found: list[Analysis | Unanalysed | None] = [refused(text, self.name) for text in texts]
        rows = [row for row, each in enumerate(found) if each is None]
        shown = [_readable(without_orders(texts[row])[:_READ_MOST]) for row in rows]
        told = ask(self._networks, shown)
        for place, row in enumerate(rows):
            trouble = next((t.troubles[place] for t in told if place in t.troubles), None)
            if trouble is not None:
                found[row] = self._unanalysed(trouble)
                continue
            cut = len(texts[row]) > _READ_MOST or any(each.cut[place] for each in told)
            shares = [_named(n, each.shares[place]) for n, each in zip(self._networks, told, strict=True)]
            found[row] = self._analysis(shares, note_of(texts[row]) or ("cut" if cut else ""))
        self._check([found[row] for row in rows])
        return [each for each in found if each is not None]

    def _unanalysed(self, trouble: str) -> Unanalysed:
        ko, en = f"모델이 이 후기를 읽지 못했습니다({trouble})", f"The model couldn't read this review ({trouble})"
        return Unanalysed(self.name, "model-failed", ko, en)

    def _check(self, read: Sequence[Analysis | Unanalysed | None]) -> None:
        """Where nothing at all comes of many texts, it isn't the texts: had better stop than write failures for all."""
        failed = [each for each in read if isinstance(each, Unanalysed)]
        if len(failed) >= _MANY and len(failed) == len(read):
            raise ModelUnusable(
                name=self.name,
                reason=failed[0].ko,
                reason_en=failed[0].en,
                cure="`hansang doctor`로 GPU와 메모리를 확인하고 다시 하면 이어서 합니다",
                cure_en="Check GPU and memory with `hansang doctor`; the next run goes on from here",
            )

    def _analysis(self, told: Sequence[Shares], note: str) -> Analysis:
        by_field: dict[Field, Shares] = {
            network.meaning.field: shares for network, shares in zip(self._networks, told, strict=True)
        }
        levels: tuple[float, ...] = ()
        if "intensity" in by_field:
            levels = tuple(by_field["intensity"].get(str(level), 0.0) for level in range(1, LEVELS + 1))
        emotions = by_field.get("emotions", {})
        several = any(network.several for network in self._networks if network.meaning.field == "emotions")
        return Analysis(
            classifier=self.name,
            sentiment=_sentiment(by_field["sentiment"]) if "sentiment" in by_field else _of_levels(levels),
            intensity=levels,
            emotions={name: emotions[name] for name in EMOTIONS if name in emotions},
            felt=_felt(emotions, several=several),
            note=note,
        )


def _readable(text: str) -> str:
    """Without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sentiment(shares: Shares) -> dict[Sentiment, float]:
    return {name: shares.get(name, 0.0) for name in SENTIMENTS}


def _of_levels(levels: Sequence[float]) -> dict[Sentiment, float]:
    """Sentiment where only intensity is told: 1–2 are negative, 3 neutral, 4–5 positive, as the label scheme has it."""
    first, second, third, fourth, fifth = levels
    return {"positive": fourth + fifth, "neutral": third, "negative": first + second, "mixed": 0.0}


def _felt(emotions: Shares, *, several: bool) -> tuple[str, ...]:
    """The emotions that are felt: those over the threshold, or where only one may hold the most probable one."""
    if not emotions:
        return ()
    best = max(emotions, key=emotions.__getitem__)
    felt = (
        name for name in EMOTIONS if name in emotions and (emotions[name] >= THRESHOLD if several else name == best)
    )
    return tuple(name for name in felt if name != NO_EMOTION) or (NO_EMOTION,)


def _named(network: Network, probabilities: FloatArray) -> dict[str, float]:
    """One text's probabilities by our names: those of one name added, or the highest where several labels may hold.

    Sentiments and levels are made to sum to one, in case a label was left out.
    """
    found: dict[str, float] = {}
    for name, probability in zip(network.meaning.names, probabilities.tolist(), strict=True):
        if name:
            before = found.get(name, 0.0)
            found[name] = max(before, probability) if network.several else before + probability
    if network.meaning.field == "emotions":
        return {name: min(1.0, probability) for name, probability in found.items()}
    total = sum(found.values())
    return {name: probability / total if total else 1 / len(found) for name, probability in found.items()}


def load(choice: ClassifierChoice) -> ElectraClassifier:
    """The models of the folders, on the GPU where there is one.

    Raises:
        BadSetting: no folder is named.
        ModelUnusable: transformers or torch is missing, a folder holds no fine-tuned classifier or one whose
            labels we don't know, two tell the same, or none tells the sentiment.
    """
    folders = [Path(each.strip()) for each in choice.model.split(",") if each.strip()]
    if not folders:
        raise BadSetting(
            name="--model", value="",
            expected="미세 조정한 모델의 폴더를 적어 주세요(쉼표로 여럿).",
            expected_en="Name folders of fine-tuned models, with commas between.",
        )  # fmt: skip
    networks = [_network(folder) for folder in folders]
    fields = [network.meaning.field for network in networks]
    name = f"electra:{'+'.join(folder.resolve().name for folder in folders)}"
    if len(set(fields)) < len(fields):
        same = ", ".join(fields)
        raise ModelUnusable(
            name=name,
            reason=f"두 모델이 같은 것을 말합니다({same})",
            reason_en=f"two models tell the same ({same})",
            cure="둘은 `hansang classifiers fit`으로 합치세요",
            cure_en="Combine them with `hansang classifiers fit`",
        )
    if not set(fields) & {"sentiment", "intensity"}:
        raise ModelUnusable(
            name=name,
            reason="감성이나 강도를 말하는 모델이 없습니다",
            reason_en="no model tells sentiment or intensity",
            cure="그런 모델의 폴더를 쉼표로 더하세요",
            cure_en="Add the folder of one, with a comma between",
        )
    return ElectraClassifier(networks, name)


def _network(folder: Path) -> Network:
    try:
        import torch  # an optional extra, seconds to import
    except ImportError as error:
        raise _missing(error) from error
    model, tokenizer = _loaded(folder)
    config = model.config
    labels = [config.id2label[place] for place in range(config.num_labels)]
    meaning = meaning_of(labels, folder)
    model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    several = config.problem_type == "multi_label_classification"
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _FILES)
    return Network(model, tokenizer, meaning, several, _longest(config, tokenizer), digest_of_files(files))


def _loaded(folder: Path) -> tuple[Any, Any]:
    try:
        from safetensors import SafetensorError  # both come with the extra
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError as error:
        raise _missing(error) from error
    if not (folder / "config.json").exists():
        raise _unreadable(folder, "config.json이 없습니다", "there is no config.json")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model, about = AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise _unreadable(folder, f"읽지 못했습니다: {said}", f"it can't be read: {said}") from error
    if about["missing_keys"]:
        # transformers fills with chance what is missing, and the answers would be chance too.
        missing = ", ".join(sorted(about["missing_keys"])[:3])
        raise _unreadable(
            folder, f"미세 조정되지 않았습니다(없음: {missing})", f"it isn't fine-tuned ({missing} missing)"
        )
    return model, tokenizer


def _missing(error: ImportError) -> ModelUnusable:
    install = "`.venv/bin/pip install torch==2.13.0 transformers==5.23.0`"
    return ModelUnusable(
        name="electra",
        reason=f"{error.name} 패키지가 없습니다",
        reason_en=f"package {error.name} is missing",
        cure=f"{install}을 실행하세요",
        cure_en=f"Run {install}",
    )


def _unreadable(folder: Path, reason: str, reason_en: str) -> ModelUnusable:
    return ModelUnusable(
        name=f"electra ({folder})",
        reason=reason,
        reason_en=reason_en,
        cure="분류하도록 미세 조정한 모델의 폴더를 --model에 주세요",
        cure_en="Give --model the folder of a fine-tuned sequence classifier",
    )


def _longest(config: Any, tokenizer: Any) -> int:
    positions = getattr(config, "max_position_embeddings", None) or _LONGEST
    if config.model_type in _OFFSET_POSITIONS:
        positions -= 2
    return int(min(positions, tokenizer.model_max_length))
