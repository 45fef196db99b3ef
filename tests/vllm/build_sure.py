"""Run by the Python that has vLLM: a Llama of two layers that is sure of what it writes, to be compressed.

    python build_sure.py FOLDER

The random one of ``build_model`` has hardly a likeliest token, so that any rounding changes what it says. Here each
token's embedding asks for one certain next token; the layers add noise to it. All that it writes is Hangul, and it goes
round so many tokens that it doesn't repeat itself. Wide enough for schemes in groups of 128.
"""

import sys
from pathlib import Path

import torch
from build_model import make_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WIDTH = 128
SURE = 2.0


def hangul(tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """Tokens that are whole syllables."""
    words = ((number, tokenizer.decode([number]).strip()) for number in range(len(tokenizer)))
    return [number for number, word in words if word and all("가" <= c <= "힣" for c in word)]


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """From any token to the next syllable, and from the last one to the first."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=32, max_position_embeddings=8192, bos_token_id=0,
        eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    syllables = hangul(tokenizer)
    with torch.no_grad():
        known = torch.nn.functional.normalize(torch.randn(len(tokenizer), WIDTH), dim=1)
        model.model.embed_tokens.weight.copy_(known * WIDTH**0.5)
        model.lm_head.weight.zero_()
        for place, number in enumerate(syllables):
            following = syllables[(place + 1) % len(syllables)]
            model.lm_head.weight[following] += SURE * known[number]
        model.lm_head.weight[syllables[0]] += SURE * known[tokenizer.convert_tokens_to_ids("<|assistant|>")]
    return model.to(torch.bfloat16).eval()


def main(folder: Path) -> None:
    """Write it."""
    tokenizer = make_tokenizer("chat")
    tokenizer.save_pretrained(folder)
    make_model(tokenizer).save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
