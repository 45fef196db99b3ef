# 한상. `make demo` is all that a user needs; the rest is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin
CHROMIUM ?= /usr/bin/chromium

.PHONY: help setup demo test test-models lint format lock bench clean

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

test: .venv/.dev ## 모든 시험 / every test
	@test -x $(CHROMIUM) || echo "브라우저 시험은 건너뜁니다: apt-get install chromium fonts-nanum / browser tests are skipped"
	$(BIN)/python -m pytest

# Libraries that are too large for everybody, or can't be installed beside ours, each in an environment of its own.
.venv/with/label_studio_sdk/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q label-studio-sdk==2.1.2
	@touch $@

.venv/with/trl/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0 trl==1.16.0 datasets==5.2.0
	@touch $@

.venv/with/transformers/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0 transformers==5.23.0
	@touch $@

.venv/with/ragas/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q ragas==0.4.3 "langchain-community<0.4"
	@touch $@

.venv/with/google_genai/.done: .venv/.dev
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check -q google-genai==3.4.0 httpx
	@touch $@

WITH := label_studio_sdk trl transformers ragas google_genai

test-models: $(WITH:%=.venv/with/%/.done) ## 큰 라이브러리가 필요한 시험 / tests with large libraries
	$(BIN)/python -m pytest -m models

lint: .venv/.dev ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev ## 코드 다듬기 / format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## requirements 다시 고정 / pin the requirements anew (needs uv)
	uv pip compile -q --python-version 3.11 --no-header --no-annotate pyproject.toml -o requirements.txt
	uv pip compile -q --python-version 3.11 --no-header --no-annotate pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## 만든 것을 지웁니다(var/는 남김) / remove what was made, keep var/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
