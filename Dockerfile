# The bot in a container; "Running it" in README.md has the commands. No secret is copied: tokens come when it is run.

# constraints.txt was tested with this Python. The digest decides; Dependabot proposes the next one.
FROM python:3.11-slim-trixie@sha256:e41613d42d4891e4930f79523f93f81bbc7632584ec65e36ab055f41a800b41e AS base

FROM base AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/venv
COPY constraints.txt requirements.txt ./
# PyPI's torch for x86-64 brings gigabytes of CUDA; PyTorch's own index has the same version built for the CPU. That index
# is asked for torch alone. All else comes from PyPI, and no file is taken whose hash is not in requirements.txt.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/venv/bin/python install --no-deps --only-binary :all: \
        --index-url https://download.pytorch.org/whl/cpu -c constraints.txt torch \
    && pip --python /opt/venv/bin/python install --no-deps --only-binary :all: --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY index/ index/
COPY bot/ bot/
# Built by the setuptools that is there for torch, so that nothing more is fetched.
RUN pip --python /opt/venv/bin/python install --no-deps --no-index --no-build-isolation . \
    && pip --python /opt/venv/bin/python check

FROM base
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
