# One image for everything that is run: command line, service, MLflow server. Exactly requirements.lock, by hash.
FROM python:3.11-slim AS build
WORKDIR /opt/otokui
COPY requirements.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
# LightGBM needs OpenMP. Spark would need a Java runtime, which the service and the nightly jobs do not.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 otokui \
 && install -d -o otokui /shop /mlflow
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    BENTOML_DO_NOT_TRACK=True \
    DO_NOT_TRACK=true \
    FEAST_USAGE=False
USER otokui
WORKDIR /home/otokui
VOLUME /shop
EXPOSE 3000
CMD ["otokui", "serve", "--shop", "/shop"]
