#!/bin/sh
# Here and not an entry point: Kubernetes' `command: [nebulift]` would pass that by. `-s` for `docker exec`,
# where another process is the first.
exec tini -s -- node /app/examples/cli/bin/nebulift.js "$@"
