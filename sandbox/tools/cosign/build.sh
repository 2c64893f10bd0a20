build-tool cosign github.com/sigstore/cosign/v3/cmd/cosign \
  -X "sigs.k8s.io/release-utils/version.gitVersion=$(module-version github.com/sigstore/cosign/v3)"
