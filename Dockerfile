# The image of Sallyport; docs/docker.md explains it. Build it from the project's folder:
#
#   docker build -t sallyport .
#
# The stage `build` needs npm and glibc, and strips Node if it has `strip` (binutils). Any image with them will do. Its own
# Node only runs npm: the image gets the Node that package-lock.json pins by its hash.
ARG BUILD_IMAGE=node:24-bookworm
# What the image starts from. On `scratch`, the shared libraries that Node needs come from the build image. Any other base
# must bring glibc and libstdc++ of its own, as gcr.io/distroless/cc-debian12 does.
ARG BASE_IMAGE=scratch

FROM ${BUILD_IMAGE} AS build
ARG BASE_IMAGE
WORKDIR /opt/sallyport
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY tools/image /build
# Node moves to /image, with its licence and its libraries.
RUN sh /build/assemble.sh /image
COPY LICENSE config.schema.json ./
COPY proto proto
COPY src src
COPY bin/fresh-bundle.mjs bin/
COPY tools/bundle tools/bundle
# Node loads a few files faster than some 800.
RUN /image/usr/local/bin/node tools/bundle/bundle.ts bundle
# The cache is valid for the user who wrote it, for these paths and for this Node.
ENV NODE_COMPILE_CACHE=/opt/sallyport/compile-cache PATH=/image/usr/local/bin:$PATH
RUN install -d -o 65532 -g 65532 compile-cache
USER 65532:65532
RUN node /build/warm.ts
USER 0:0
RUN sh /build/finish.sh

FROM ${BASE_IMAGE} AS sallyport
COPY --from=build /image /
COPY --from=build /opt/sallyport /opt/sallyport
COPY --from=build --chown=65532:65532 /var/lib/sallyport /var/lib/sallyport
ENV NODE_COMPILE_CACHE=/opt/sallyport/compile-cache PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /etc/sallyport
USER 65532:65532
EXPOSE 9191 9192 9193 9194 9195
STOPSIGNAL SIGTERM
# Asks listen.admin of the configuration for its readiness.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["sallyport", "status", "--brief", "--config", "/etc/sallyport/sallyport.yaml"]
ENTRYPOINT ["/usr/local/bin/sallyport"]
CMD ["serve", "--config", "/etc/sallyport/sallyport.yaml"]

# The two services of the demo, with nothing but Node: `docker build --target demo -t sallyport-demo .`
FROM sallyport AS demo
COPY deploy/demo/service.ts deploy/demo/services.ts /opt/sallyport/deploy/demo/
WORKDIR /opt/sallyport
# It listens on one of the two.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/node", "-e", "Promise.any([9301, 9302].map((port) => fetch(`http://127.0.0.1:${port}/health`))).catch(() => process.exit(1))"]
EXPOSE 9301 9302
ENTRYPOINT ["/usr/local/bin/node", "deploy/demo/service.ts"]
CMD ["messages", "9301"]

# What is built without --target.
FROM sallyport
