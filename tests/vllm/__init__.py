"""Against vLLM itself, on a CPU. `make test-vllm` installs it and runs these; nothing else does."""
