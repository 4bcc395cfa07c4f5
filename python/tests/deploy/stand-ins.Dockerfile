# What the compose file takes from a registry otherwise, for machines that reach none: Redis, and a simulator of AWS.
FROM debian:trixie-slim AS redis
COPY containers /usr/local/lib/tandem-image
RUN /usr/local/lib/tandem-image/install-packages redis-server && /usr/local/lib/tandem-image/make-user
CMD ["redis-server"]

FROM debian:trixie-slim AS moto
COPY containers /usr/local/lib/tandem-image
RUN /usr/local/lib/tandem-image/install-packages python3-venv
COPY python/requirements.lock /src/
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf PATH=/opt/moto/bin:/usr/bin:/bin
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.crt \
    python3 -m venv /opt/moto && pip install --no-cache-dir -c /src/requirements.lock 'moto[s3,server,sqs]'
ENTRYPOINT ["moto_server"]
