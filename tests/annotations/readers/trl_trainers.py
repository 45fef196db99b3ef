"""Train a tiny model for one step with TRL on what was exported: the folders of ``sft`` and ``dpo``."""

import json
import sys
import tempfile
from pathlib import Path

from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def opened(folder: str, scratch: str) -> Dataset:
    files = str(Path(folder) / "train.jsonl")
    return load_dataset("json", data_files=files, split="train", cache_dir=scratch)


def tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, special_tokens=SPECIAL)
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=SPECIAL[0], eos_token=SPECIAL[1], chat_template=TEMPLATE
    )


def model(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2
        )
    )


with tempfile.TemporaryDirectory() as scratch:
    sft, dpo = (opened(folder, scratch) for folder in sys.argv[1:])
    words = tokenizer([str(row) for row in (*sft, *dpo)])
    common = {
        "output_dir": scratch,
        "max_steps": 1,
        "per_device_train_batch_size": 1,
        "report_to": [],
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
    }
    one = SFTTrainer(model(words), args=SFTConfig(**common), train_dataset=sft, processing_class=words)
    two = DPOTrainer(model(words), model(words), args=DPOConfig(**common), train_dataset=dpo, processing_class=words)
    losses = {"sft": one.train().training_loss, "dpo": two.train().training_loss}
    sys.stdout.write("\n" + json.dumps({"rows": [len(sft), len(dpo)], "losses": losses}))
