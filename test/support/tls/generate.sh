#!/usr/bin/env bash
# Makes the certificates of the tests: each signed by itself, trusted by nobody but the tests, good for a hundred years.
set -euo pipefail
cd "$(dirname "$0")"
for name in orders localhost; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
    -subj "/CN=$name" -addext "subjectAltName=DNS:$name" -keyout "$name.key" -out "$name.pem"
done
