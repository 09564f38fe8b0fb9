#!/bin/sh
# Here and not an entry point: `command: [nebulift]` in Kubernetes would pass that by.
program=/app/examples/cli/bin/nebulift.js
[ $$ -eq 1 ] && exec tini -- node "$program" "$@"
exec node "$program" "$@"
