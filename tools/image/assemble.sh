#!/bin/sh
# First step of the image's build: makes the tree that goes onto the base. Run in the folder with node_modules.
# Usage: assemble.sh FOLDER. BASE_IMAGE=scratch adds what a base would bring: Node's shared libraries, users, /tmp.
set -eu
root=$1
name=$(node -p '`node-${process.platform}-${process.arch}`')
package=node_modules/$name

install -D "$package/bin/node" "$root/usr/local/bin/node"
install -D -m 644 "$package/LICENSE" "$root/usr/share/doc/node/copyright"
# Node comes with the symbols and debug information of its libraries, which only a debugger reads: 18 MB.
if command -v strip >/dev/null; then
  strip --strip-all "$root/usr/local/bin/node"
else
  echo 'the build image has no strip (Debian: binutils): Node keeps its symbols, and the image is 18 MB larger' >&2
fi
rm -rf "$package" node_modules/.bin

# What Node cannot load: it refuses TypeScript below node_modules, and reads source maps only with --enable-source-maps.
# Licences stay.
find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.tsbuildinfo' \
  -o -name '*.js.map' -o -name '*.cjs.map' -o -name '*.mjs.map' -o -name '*.ts.map' -o -name '*.cts.map' -o -name '*.mts.map' \
  -o \( -name '*.md' ! -iname '*licen[cs]e*' ! -iname '*notice*' ! -iname '*copying*' \) \) -delete
find node_modules -type d -empty -delete

# The kernel runs it, so `kubectl exec POD -- sallyport status` works without a shell. The option is that of bin/node-options.mjs.
mkdir bin
printf '%s\n' '#!/usr/local/bin/node --max-semi-space-size=4' "import '../bundle/main.mjs';" > bin/sallyport
chmod 755 bin/sallyport
ln -s /opt/sallyport/bin/sallyport "$root/usr/local/bin/sallyport"
mkdir -p "$root/etc/sallyport"

[ "$BASE_IMAGE" = scratch ] || exit 0

# Copies a file, not a link to it, to the same place below the root.
keep() { mkdir -p "$root$(dirname "$1")" && cp -L "$1" "$root$1"; }
for library in $(ldd "$root/usr/local/bin/node" | grep -o '/[^ ]*'); do
  keep "$library"
  # Older versions of glibc load these when a name is looked up.
  case $library in */libc.so.6)
    for part in nss_dns nss_files resolv; do
      if [ -e "${library%/*}/lib$part.so.2" ]; then keep "${library%/*}/lib$part.so.2"; fi
    done ;;
  esac
done
printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' 'sallyport:x:65532:65532:Sallyport:/var/lib/sallyport:/sbin/nologin' \
  > "$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'sallyport:x:65532:' > "$root/etc/group"
printf '%s\n' 'hosts: files dns' > "$root/etc/nsswitch.conf"
install -d -m 1777 "$root/tmp"
# So that scanners know the versions of the libraries, and people their licences.
keep /etc/os-release
for library in libc6 libgcc-s1 libstdc++6; do
  if dpkg-query --status "$library" >/dev/null 2>&1; then
    mkdir -p "$root/var/lib/dpkg/status.d"
    dpkg-query --status "$library" > "$root/var/lib/dpkg/status.d/$library"
  fi
  if [ -e "/usr/share/doc/$library/copyright" ]; then keep "/usr/share/doc/$library/copyright"; fi
done
