# One image, two uses: `docker run IMAGE` runs the demo; on a Ray cluster every node is a container of this image.
# `make image-steps` runs the same steps without Docker.

FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN .venv/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.11.13-slim-bookworm
# Ray's operators for Kubernetes probe a node's health with wget. Debian keeps only a package's latest version, so a
# pinned one would break the build at its next security fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends procps wget \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 glotmill
# The locked run-time packages, at the versions of requirements.lock, and ray[default], which `ray job submit` and the
# dashboard need; linters and tests stay out.
COPY requirements-image.lock /opt/
RUN pip install --no-cache-dir --require-hashes -r /opt/requirements-image.lock
COPY --from=build /src/dist/*.whl /opt/
RUN pip install --no-cache-dir --no-deps /opt/*.whl

USER 1000
WORKDIR /home/glotmill
ENV RAY_USAGE_STATS_ENABLED=0
# Compiles the scan and the identifiers, so that no worker has to.
RUN python -c 'from glotmill.text.identification.ensemble import shipped; shipped().identify(["a"])'
CMD ["glotmill", "demo", "--out", "demo-out"]
