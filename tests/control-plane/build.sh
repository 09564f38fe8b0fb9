#!/bin/sh
# Builds etcd, kube-apiserver and kube-controller-manager into one program, which the tests of this folder use where
# they find it. Needs Go 1.24 or newer and a module proxy; takes about ten minutes and 3 GB on two cores.
set -eu
version=1.34.4
minor=34
etcd=v3.6.4
here=$(cd "$(dirname "$0")" && pwd)
bin="${XDG_CACHE_HOME:-$HOME/.cache}/nebulift-tools/bin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/main.go" "$work/"
cd "$work"
# Kubernetes names its own modules by folders of its tree: each is to be had as a module of the same version.
staging=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p' |
  xargs sed -n 's,.*\(k8s.io/[a-z0-9-]*\) => ./staging/.*,\1,p' | sort -u)
{
  echo 'module control-plane'
  echo 'go 1.24.0'
  echo "require k8s.io/kubernetes v$version"
  echo "require go.etcd.io/etcd/server/v3 $etcd"
  for module in $staging; do echo "replace $module => $module v0.${version#1.}"; done
} >go.mod
go mod tidy
mkdir -p "$bin"
# Without its version the server takes itself for an unknown one.
go build -p 1 -trimpath -o "$bin/control-plane-$version" -ldflags "-s -w \
  -X k8s.io/component-base/version.gitVersion=v$version \
  -X k8s.io/component-base/version.gitMajor=1 \
  -X k8s.io/component-base/version.gitMinor=$minor" .
echo "$bin/control-plane-$version"
