build-tool rekor-server github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix
