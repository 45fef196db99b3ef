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
TENSOR_PARALLEL=${TENSOR_PARALLEL:-1}                # cards that one model is spread over, because it is too large for one
REPLICAS=${REPLICAS:-1}                              # models side by side behind the one port, because many ask
LOG=${HANSANG_HOME:-var}/vllm.log

for number in "TENSOR_PARALLEL=$TENSOR_PARALLEL" "REPLICAS=$REPLICAS"; do
  if ! [[ ${number#*=} =~ ^[1-9][0-9]*$ ]]; then
    echo "${number%%=*}은(는) 1 이상의 수여야 합니다: '${number#*=}'. 예) TENSOR_PARALLEL=2 make gpu (a number from 1 on)"
    exit 2
  fi
done
CARDS=$(nvidia-smi --list-gpus | wc -l)
if ((TENSOR_PARALLEL * REPLICAS > CARDS)); then
  echo "GPU가 모자랍니다: TENSOR_PARALLEL × REPLICAS = $((TENSOR_PARALLEL * REPLICAS)), 있는 것 $CARDS. 둘 가운데 하나를 줄이세요."
  echo "Not enough GPUs: TENSOR_PARALLEL × REPLICAS = $((TENSOR_PARALLEL * REPLICAS)), there are $CARDS. Lower one of them."
  exit 2
fi
if [ -f "$MODEL/optimised.json" ] && ! grep -q '"state": "passed"' "$MODEL/optimised.json"; then
  echo "관문을 지나지 않은 모델입니다: $MODEL. \`hansang optimise gate-llm $MODEL\`로 원래 모델과 답을 견주어 보세요."
  echo "$MODEL has not passed its gate: compare its answers with the original's by \`hansang optimise gate-llm $MODEL\`."
  exit 2
fi
mkdir -p "$(dirname "$LOG")"

echo "vLLM을 켭니다: $MODEL · 처음에는 모델을 받느라 오래 걸립니다 · 기록 $LOG (starting vLLM; the first time it downloads the model)"
.venv/with/vllm_gpu/bin/vllm serve "$MODEL" --host 127.0.0.1 --port "$PORT" --max-model-len 8192 \
  --gpu-memory-utilization "$SHARE" --shutdown-timeout 20 \
  --tensor-parallel-size "$TENSOR_PARALLEL" --data-parallel-size "$REPLICAS" ${VLLM_ARGS:-} >"$LOG" 2>&1 &
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
