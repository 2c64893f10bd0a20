build-tool timestamp-server github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server
