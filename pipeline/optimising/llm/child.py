"""llm-compressor at work, in a process and an environment of its own: reads a job, writes a smaller model.

A program for the interpreter that has ``llmcompressor`` installed; imports nothing of ours. The job is one line of JSON
on standard input, which stays open: when it closes, the parent has gone, and this process goes, too. Lines of JSON go
out: ``stage`` with how far it is, ``done`` with what came of it, ``failed`` with why not.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the model is a folder by now; nothing is to be fetched
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

PACKAGES = ("llmcompressor", "compressed-tensors", "torch", "transformers")
EVERY = 8  # layers' calls between two lines of progress

Say = Callable[[dict[str, Any]], None]


def modifiers(scheme: str) -> list[Any]:
    """The recipe. The head stays as it is: it is small, and what it loses is lost from every token."""
    from llmcompressor.modifiers.gptq import GPTQModifier
    from llmcompressor.modifiers.quantization import QuantizationModifier
    from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier

    linear: dict[str, Any] = {"targets": "Linear", "ignore": ["lm_head"]}
    if scheme == "w8a8":
        return [SmoothQuantModifier(smoothing_strength=0.8), GPTQModifier(scheme="W8A8", **linear)]
    if scheme == "fp8":
        return [QuantizationModifier(scheme="FP8_DYNAMIC", **linear)]
    return [GPTQModifier(scheme="W4A16", **linear)]


def encoded(tokenizer: Any, forms: list[Any], most: int) -> tuple[list[int], int]:
    """A prompt's tokens, the last ``most``, and how many there were. The rules and examples that it begins with are the
    same in all. ``forms`` are tried in turn: not every chat template takes a system's turn.
    """
    from jinja2 import TemplateError  # the chat template's language

    for turns in forms:
        try:
            text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except TemplateError:
            continue
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids[-most:], len(ids)
    raise ValueError("no chat template takes these turns")


def watch_layers(model: Any, say: Say) -> None:
    """Tell how often a layer was run; in all it is about twice the layers times the prompts."""
    layers = next(module for _, module in model.named_modules() if type(module).__name__ == "ModuleList")
    counted = 0

    def hook(*_: object) -> None:
        nonlocal counted
        counted += 1
        if counted % EVERY == 0:
            say({"stage": "calibrate", "done": counted})

    for layer in layers:
        layer.register_forward_hook(hook)
    say({"stage": "layers", "done": len(layers)})


def work(job: dict[str, Any], say: Say) -> dict[str, Any]:
    """Load, calibrate, write."""
    say({"stage": "load", "done": 0})
    from llmcompressor import oneshot  # isort: skip  (the one that is missing is told first)
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(job["model"])
    if not tokenizer.chat_template:
        raise ValueError("the tokenizer has no chat template")
    rows = [encoded(tokenizer, forms, job["tokens"]) for forms in job["prompts"]]
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype="auto")
    watch_layers(model, say)
    data = {}
    if job["calibrated"]:
        made = Dataset.from_list([{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids, _ in rows])
        data = {"dataset": made, "max_seq_length": job["tokens"], "num_calibration_samples": len(rows)}
    oneshot(model=model, recipe=modifiers(job["scheme"]), **data)
    say({"stage": "write", "done": 0})
    model.save_pretrained(job["out"], save_compressed=True)
    tokenizer.save_pretrained(job["out"])
    counts = [len(ids) for ids, _ in rows]
    cut = sum(whole > len(ids) for ids, whole in rows)
    found = {name: version(name) for name in PACKAGES}
    return {"versions": found, "tokens": sum(counts), "longest": max(counts, default=0), "cut": cut}


def go_with_parent() -> None:
    """End when the parent has: nobody waits for the model any more, and its folder will not be renamed."""
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """One job."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print must not reach the parent

    def say(value: dict[str, Any]) -> None:
        out.write(json.dumps(value, ensure_ascii=False) + "\n")
        out.flush()

    job = json.loads(sys.stdin.readline())
    threading.Thread(target=go_with_parent, daemon=True).start()
    try:
        say({"done": work(job, say)})
    except Exception as error:
        words = " ".join(str(error).split())[:300]
        say({"failed": f"{type(error).__name__}: {words}"})
        raise


if __name__ == "__main__":
    main()
