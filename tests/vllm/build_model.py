"""Run by the Python that has vLLM: random Llamas of two layers with a tokenizer trained on the spot, in two folders.

    python build_model.py FOLDER

They write nonsense, and never end by themselves unless a grammar leaves them nothing else. ``FOLDER/chat`` takes any
turn; the chat template of ``FOLDER/no-system`` refuses a system's, as Gemma's does.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEXT = [
    "건물 지하에 주차 2시간 무료라 편했어요. 갈비가 부드러워요.",
    "후기에서 답을 찾지 못했습니다.",
    '{"rating": 3}',
] * 50
SPECIAL = ["<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]
TURN = "<|{{ m['role'] }}|>{{ m['content'] }}</s>"
REFUSE = "{% if m['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"


def make_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Byte pairs, so that every text has tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    refuse = REFUSE if kind == "no-system" else ""
    fast.chat_template = f"{{% for m in messages %}}{refuse}{TURN}{{% endfor %}}<|assistant|>"
    return fast


def make_model(vocabulary: int, end: int) -> LlamaForCausalLM:
    """Random weights, but one dimension that is always on and that says: not the end."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=8192, bos_token_id=0, eos_token_id=end,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = 5.0
        model.lm_head.weight[:, 0] = 0.0
        model.lm_head.weight[end, 0] = -50.0
    return model.to(torch.bfloat16).eval()


def main(folder: Path) -> None:
    """Write both."""
    for kind in ("chat", "no-system"):
        tokenizer = make_tokenizer(kind)
        tokenizer.save_pretrained(folder / kind)
        make_model(len(tokenizer), tokenizer.eos_token_id).save_pretrained(folder / kind)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
