#!/bin/sh
# Last step of the image's build: nothing that runs may be changed by the user who runs it. Run in the folder of Sallyport.
set -eu
rm -rf package-lock.json .npmrc bin/fresh-bundle.mjs tools node_modules/rolldown node_modules/@rolldown node_modules/@oxc-project
chown -R 0:0 .
chmod -R a+rX,go-w .
install -d -o 65532 -g 65532 -m 750 /var/lib/sallyport
