#!/bin/sh
# Writes the secrets of compose.yaml to .env, which only you can read and git ignores. Keeps a file that is there.
set -eu
cd "$(dirname "$0")/../.."
if [ -e .env ]; then
  echo '.env is there already' >&2
  exit 0
fi
umask 077
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
printf 'SALLYPORT_ACCOUNT=demo:%s\nSALLYPORT_SEAL=%s\nREDIS_PASSWORD=%s\n' "$(secret)" "$(secret)" "$(secret)" > .env
echo 'wrote .env: the account is in it' >&2
