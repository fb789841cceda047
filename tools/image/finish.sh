#!/bin/sh
# Last step of the image's build: nothing that runs may be changed by the user who runs it. Run in the folder of Sallyport.
set -eu
rm -f package-lock.json .npmrc
chown -R 0:0 .
chmod -R a+rX,go-w .
install -d -o 65532 -g 65532 -m 750 /var/lib/sallyport
