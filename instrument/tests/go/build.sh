#!/bin/sh
# Builds goroutines.wasm with Go 1.27: the same bytes on every machine.
set -eu
cd "$(dirname "$0")"
GOTOOLCHAIN=local GOOS=wasip1 GOARCH=wasm GOFLAGS=-trimpath CGO_ENABLED=0 go build -o goroutines.wasm main.go
