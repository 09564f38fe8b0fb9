#!/bin/sh
# helm and kubeconform, which the tests of packages/k8s use where they find them: on PATH, or where this puts them.
# Needs Go 1.24 or newer and a module proxy; takes some minutes.
set -eu
export GOBIN="${XDG_CACHE_HOME:-$HOME/.cache}/nebulift-tools/bin"
go install helm.sh/helm/v3/cmd/helm@v3.19.0
go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
ls "$GOBIN"
