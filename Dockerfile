# site: pages, checks, beat. bench: the same with the evaluation harness. Built by docker-compose.yml.
FROM python:3.12.11-slim-bookworm AS packages
RUN python -m venv /opt/site
COPY requirements/base.txt /tmp/base.txt
RUN /opt/site/bin/pip install --no-cache-dir --require-hashes -r /tmp/base.txt

FROM python:3.12.11-slim-bookworm AS site
RUN useradd --system --uid 10001 --home-dir /var/lib/tributary tributary \
    && install -d -o tributary -g tributary -m 0750 /var/lib/tributary
COPY --from=packages /opt/site /opt/site
COPY manage.py /srv/tributary/
COPY hub /srv/tributary/hub
COPY evaluations /srv/tributary/evaluations
COPY contributions /srv/tributary/contributions
COPY templates /srv/tributary/templates
COPY static /srv/tributary/static
WORKDIR /srv/tributary
ENV PATH=/opt/site/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATE_DIR=/var/lib/tributary
USER tributary
VOLUME /var/lib/tributary
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "hub.wsgi:application"]

FROM python:3.12.11-slim-bookworm AS harness
# For a GPU: TORCH="torch==2.13.0", the CUDA build; docker-compose.yml does that in its gpu profile.
ARG TORCH="torch==2.13.0+cpu"
ARG TORCH_INDEX="https://download.pytorch.org/whl/cpu"
RUN python -m venv /opt/harness
COPY requirements/harness.txt /tmp/harness.txt
RUN /opt/harness/bin/pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" "$TORCH" \
    && /opt/harness/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/harness.txt

FROM site AS bench
COPY --from=harness /opt/harness /opt/harness
ENV HARNESS_PYTHON=/opt/harness/bin/python
CMD ["celery", "-A", "hub", "worker", "-Q", "cpu", "-c", "1", "-n", "bench@%h", "--loglevel", "INFO"]
