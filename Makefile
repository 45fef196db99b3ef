# 한상. `make demo` is all that a user needs; the rest is for those who work on it.
PYTHON ?= python3
BIN := .venv/bin
CHROMIUM ?= /usr/bin/chromium

.PHONY: help setup demo test lint format lock bench clean

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

demo: .venv/.core ## 데모 색인을 만들고 채팅을 엽니다 / build the demo index and open the chat
	@$(BIN)/hansang demo

test: .venv/.dev ## 모든 시험 / every test
	@test -x $(CHROMIUM) || echo "브라우저 시험은 건너뜁니다: apt-get install chromium fonts-nanum / browser tests are skipped"
	$(BIN)/python -m pytest

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
