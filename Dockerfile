# The whole service in one image.
#
#   docker build --tag tapehead .
#   docker run --security-opt seccomp=PROFILE --shm-size 1g --volume tapehead:/data --publish 8080:8080 \
#     --env TAPEHEAD_CREDENTIALS=key:secret tapehead
#
# Chromium's sandbox stays on; it makes user namespaces. The kernel has to allow them to ordinary users, and so has the
# container engine: Docker's own seccomp profile does not, so give it one that allows clone, clone3, unshare and chroot
# (or `seccomp=unconfined`); Podman's own profile does, and no option is needed. No capability is needed with either.
# Chromium shares pictures in /dev/shm, where 64 MB are not enough.

FROM debian:bookworm-slim AS modules
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates npm
WORKDIR /opt/tapehead
COPY package.json package-lock.json ./
# For a registry that asks for a login or has a certificate of its own:
# `--secret id=npmrc,src=FILE` and `--secret id=ca,src=FILE`. Neither gets into the image.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
  if [ -s /run/secrets/ca.pem ]; then export npm_config_cafile=/run/secrets/ca.pem; fi; \
  npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error && \
  rm -rf node_modules/node-linux-*/include node_modules/node-linux-*/share

FROM debian:bookworm-slim AS helper
WORKDIR /opt/tapehead
COPY scripts/setup.sh scripts/
RUN apt-get update && bash -euc 'source scripts/setup.sh; find_missing "$HELPER_PACKAGES"; install_missing'
COPY src/native src/native
RUN src/native/build.sh /opt/frames

FROM debian:bookworm-slim
WORKDIR /opt/tapehead
COPY scripts/setup.sh scripts/
# The launcher and the image install the same packages: the list is in setup.sh.
RUN apt-get update && \
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends tini && \
  bash -euc 'source scripts/setup.sh; find_missing; install_missing' && \
  rm -rf /var/lib/apt/lists/*
# X servers of an ordinary user find the folder of their sockets, and cannot make it themselves.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tapehead && \
  install --directory --owner=tapehead --group=tapehead /data && \
  install --directory --mode=1777 /tmp/.X11-unix
COPY --from=modules /opt/tapehead/node_modules node_modules
# The libraries that it needs are some of Chromium's.
COPY --from=helper /opt/frames node_modules/.tapehead/frames
# Compiled sources are kept here from the first start on: without them each process compiles anew, and takes 25 MB more.
RUN install --directory --owner=tapehead --group=tapehead node_modules/.cache/node
RUN ln -s /opt/tapehead/node_modules/node-linux-*/bin/node /usr/local/bin/node
COPY package.json ./
COPY scripts/tapehead scripts/
COPY pages pages
COPY src src

ENV TAPEHEAD_SETUP=skip TAPEHEAD_HOST=0.0.0.0 TAPEHEAD_DATA=/data
VOLUME /data
EXPOSE 8080
# The user tapehead, by number: an orchestrator that forbids root can only tell from a number.
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TAPEHEAD_PORT ?? 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "/opt/tapehead/scripts/tapehead"]
CMD ["serve"]
