# The bot in a container; "Running it" in README.md has the commands. No secret is copied: tokens come when it is run.

# constraints.txt was tested with this Python.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY index/ index/
COPY bot/ bot/
# PyPI's torch for x86-64 brings gigabytes of CUDA. PyTorch's own index has the pinned version built for the CPU, marked
# +cpu, which pip takes for the newer of the two.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install \
        -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu '.[metrics,slack]'

FROM python:3.11-slim
COPY --from=build /opt/venv /opt/venv
# A model by name is downloaded into the volume of the index: nothing else can be written to by the bot.
ENV PATH="/opt/venv/bin:$PATH" HF_HOME=/app/data/models
WORKDIR /app
RUN useradd --uid 10001 --no-create-home bot && install --directory --owner=bot --group=bot data
COPY seeds/ seeds/
# The defaults of INDEX_DIR and CORPUS_DIR.
VOLUME ["/app/data", "/app/seeds"]
USER 10001
STOPSIGNAL SIGTERM
# Whether there is an index that can be served. The connection is not looked at: the bot itself restores it, or ends.
HEALTHCHECK --interval=5m --timeout=30s --start-period=5m CMD ["python", "-m", "index", "status"]
ENTRYPOINT ["python", "-m", "bot"]
