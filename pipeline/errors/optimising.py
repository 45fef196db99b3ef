"""Engines and compressed language models: what hinders their making, and what keeps one from being used."""

from __future__ import annotations

from pipeline.errors.base import Conflict, InputError, MachineError
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.neural import ModelMismatch


class EngineMismatch(ModelMismatch):
    """An index whose vectors are another model's than the one that an engine was made of."""

    code = "engine-mismatch"
    ko = "이 색인의 벡터는 {built}이(가) 만들었는데 엔진 {engine}은(는) {asked}(으)로 만든 것입니다. 다른 모델의 질문으로는 찾을 수 없습니다. `models.engine`에 그 모델로 만든 엔진을 적거나 none으로 되돌리세요."
    en = "This index's vectors were made by {built}, but engine {engine} is made of {asked}. One model's question can't search another's vectors. Set `models.engine` to an engine of that model, or back to none."


class EngineRefused(Conflict):
    """An engine that hasn't passed its gate."""

    code = "engine-refused"
    ko = "엔진 {name}은(는) 관문을 지나지 못해 쓰지 않습니다: {reason}. 다른 방법(`--precision fp16`, `--quantize static` 등)으로 다시 만들거나 원래 모델을 쓰세요(`models.engine=none`). 수치는 그 폴더의 report.md에 있습니다."
    en = "Engine {name} hasn't passed its gate and isn't used: {reason_en}. Make it in another way (`--precision fp16`, `--quantize static`), or use the model itself (`models.engine=none`). The figures are in report.md in its folder."


class EngineExists(Conflict):
    """A folder where an engine was to be made, and in which something is."""

    code = "engine-exists"
    ko = "{path}이(가) 이미 있습니다. 덮어쓰지 않으니 `--out`으로 다른 폴더를 정하거나 그 폴더를 지우세요."
    en = "{path} exists already and is not overwritten: name another folder with `--out`, or remove that one."


class EngineNotMade(MachineError):
    """A model that the exporter, or the quantiser, can't make an engine of."""

    code = "engine-not-made"
    ko = "모델 {name}(으)로 엔진을 만들지 못했습니다: {reason}. {cure}."
    en = "No engine could be made of model {name}: {reason_en}. {cure_en}."


class TensorRtAbsent(BackendUnavailable):
    """TensorRT is asked for where ONNX Runtime can't reach it."""

    code = "tensorrt-absent"
    ko = "TensorRT를 쓸 수 없습니다: {reason}. NVIDIA GPU가 있는 컴퓨터에서 onnxruntime 대신 `pip install onnxruntime-gpu`와 TensorRT의 라이브러리(libnvinfer, PyPI의 tensorrt만으로는 모자람)를 설치하거나 `--to onnx`로 만든 엔진을 쓰세요."
    en = "TensorRT can't be used: {reason_en}. On a machine with an NVIDIA GPU, `pip install onnxruntime-gpu` instead of onnxruntime and install TensorRT's libraries (libnvinfer; PyPI's tensorrt alone is not enough), or use an engine made with `--to onnx`."


class IndexNotNeural(InputError):
    """An index without vectors of a neural model, where they are needed."""

    code = "index-not-neural"
    ko = "'{name}' 색인의 벡터는 신경망 모델의 것이 아닙니다({encoder}). 그 모델로 만든 색인이 있어야 견줄 수 있습니다. 예) hansang --profile gpu index 후기.csv --name {name}"
    en = "The vectors of index '{name}' are no neural model's ({encoder}). An index made by the model is what an engine is held against, e.g. hansang --profile gpu index REVIEWS.csv --name {name}"


class NoPrompts(Conflict):
    """Questions none of which makes a prompt over an index."""

    code = "no-prompts"
    ko = "'{name}' 색인에서 프롬프트를 하나도 만들지 못했습니다. 후기가 든 색인의 이름(--index)이나 후기를 찾을 수 있는 질문 파일(--data)을 주세요."
    en = "Not one prompt could be made over index '{name}'. Name an index that holds reviews (--index), or a file of questions that find some (--data)."


class LlmFolderTaken(Conflict):
    """A folder that is there already, where a compressed model should go."""

    code = "llm-folder-taken"
    ko = "{path}이(가) 이미 있습니다. 관문을 지난 모델을 덮어쓰지 않습니다. `--out`에 다른 폴더를 주거나 그것을 지우세요."
    en = "{path} exists, and a model that may have passed its gate is not overwritten. Give another folder as `--out`, or remove it."


class LlmNotCompressed(MachineError):
    """llm-compressor, which ended without a model."""

    code = "llm-not-compressed"
    ko = "{name}을(를) {scheme}(으)로 줄이지 못했습니다: {reason}. 쓰던 것은 지웠습니다. 메모리가 모자랐으면 `--samples`나 `--tokens`를 줄이고, 아니면 기록 {log}을(를) 보세요."
    en = "{name} could not be made {scheme}: {reason}. What was begun is removed. If memory was short lower `--samples` or `--tokens`; else see the log {log}."


class LlmFolderUnknown(InputError):
    """A folder that no compressed model of ours is in."""

    code = "llm-folder-unknown"
    ko = "{path}은(는) `hansang optimise llm`이 만든 폴더가 아닙니다({reason}). 그 명령의 `--out`에 준 폴더를 적으세요."
    en = "{path} is not a folder made by `hansang optimise llm` ({reason}). Name the one given to its `--out`."


class LlmServesAnother(Conflict):
    """A server that has another model than the one that is to be judged."""

    code = "llm-serves-another"
    ko = "{url}의 서버는 {found}을(를) 올려 두었는데 {side}(으)로는 {wanted}이(가) 필요합니다. 맞는 모델로 다시 켠 뒤 하세요."
    en = "The server at {url} has {found}, but the {side_en} model is to be {wanted}. Start it with that model and try again."


class NothingToGate(Conflict):
    """A gate for which one side's answers are missing."""

    code = "nothing-to-gate"
    ko = "{side} 모델의 답변이 아직 없습니다. 그 모델을 켠 서버의 주소를 {option}에 주세요. 둘을 한꺼번에 켜지 않아도 됩니다."
    en = "There are no answers of the {side_en} model yet. Give the URL of a server that has it as {option}; the two need not be up together."
