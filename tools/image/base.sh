#!/bin/sh
# Makes the image `sallyport-base` without a registry: Debian with binutils, this machine's npm and certificates, and
# Redis. It builds the image of Sallyport (BUILD_IMAGE) and runs Redis in its tests (REDIS_IMAGE), where no public image can
# be had. Needs root, mmdebstrap and a container engine. Takes half a minute.
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(readlink -f node_modules/.bin/node)" "$folder/node"
npm=$(readlink -f "$(command -v npm)")
cp -R "${npm%/bin/*}" "$folder/npm"
cp /etc/ssl/certs/ca-certificates.crt "$folder/certificates.crt"
mmdebstrap --quiet --variant=minbase --include=binutils,redis-server bookworm - | docker import - sallyport-debian >/dev/null
cat > "$folder/Dockerfile" <<'DOCKERFILE'
FROM sallyport-debian
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NPM_CONFIG_CAFILE=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
DOCKERFILE
docker build --quiet --tag sallyport-base "$folder" >/dev/null
