# The product's image: web, worker and scheduler are the same image with another command.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --quiet uv
COPY requirements.lock ./
RUN /venv/bin/uv pip install --python /venv/bin/python --compile-bytecode --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN apt-get update -qq \
 && apt-get install -yqq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data portal && install -d -o portal /data/files
COPY --from=build /venv /venv
WORKDIR /app
COPY alembic.ini ./
COPY migrations migrations
COPY notifications notifications
COPY portal portal
COPY templates templates
COPY tenants tenants
COPY workers workers
RUN /venv/bin/python -m compileall -q /app
ENV PATH=/venv/bin:$PATH TZ=Asia/Shanghai BIND=0.0.0.0:8000 FILES_DIR=/data/files \
    XDG_CACHE_HOME=/tmp PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER portal
EXPOSE 8000
ENTRYPOINT ["python", "-m", "portal"]
CMD ["web"]
