#!/usr/bin/env bash
# `make gpu`: vLLM and the server with the profile gpu, both stopped by Ctrl-C. The Makefile has made the environments.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi >/dev/null 2>&1; then
  echo "NVIDIA 드라이버가 없거나 답하지 않습니다. 드라이버를 설치하거나 컨테이너를 --gpus all로 여세요. GPU 없이는 \`make demo\`를 쓰세요."
  echo "No NVIDIA driver answers. Install it, or start the container with --gpus all. Without a GPU use \`make demo\`."
  exit 1
fi
if [ "${1:-}" = "check" ]; then exit 0; fi

MODEL=${MODEL:-MLP-KTLim/llama-3-Korean-Bllossom-8B} # another one: MODEL=… make gpu, and the same name as llm.model in the profile
SHARE=${SHARE:-0.80}                                 # of the GPU's memory for vLLM; encoder and reranker take the rest
PORT=${PORT:-8000}                                   # llm.url of the profile
LOG=${HANSANG_HOME:-var}/vllm.log
mkdir -p "$(dirname "$LOG")"

echo "vLLM을 켭니다: $MODEL · 처음에는 모델을 받느라 오래 걸립니다 · 기록 $LOG (starting vLLM; the first time it downloads the model)"
.venv/with/vllm_gpu/bin/vllm serve "$MODEL" --host 127.0.0.1 --port "$PORT" --max-model-len 8192 \
  --gpu-memory-utilization "$SHARE" --shutdown-timeout 20 ${VLLM_ARGS:-} >"$LOG" 2>&1 &
VLLM=$!
trap 'kill "$VLLM" 2>/dev/null || true; wait "$VLLM" 2>/dev/null || true' EXIT

until curl -sf "http://127.0.0.1:$PORT/health" >/dev/null; do
  if ! kill -0 "$VLLM" 2>/dev/null; then
    tail -n 15 "$LOG"
    echo "vLLM이 켜지지 않았습니다. 위 기록을 보세요: 메모리가 모자라면 SHARE=0.7 또는 VLLM_ARGS='--quantization fp8', 사용 조건이 걸린 모델이면 HF_TOKEN."
    echo "vLLM did not start, see above. Memory: SHARE=0.7 or VLLM_ARGS='--quantization fp8'. A gated model: HF_TOKEN."
    exit 1
  fi
  sleep 2
done

.venv/bin/hansang serve --profile gpu
