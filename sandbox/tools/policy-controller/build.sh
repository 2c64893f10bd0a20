build-tool policy-controller github.com/sigstore/policy-controller/cmd/webhook \
  -X "sigs.k8s.io/release-utils/version.gitVersion=$(module-version github.com/sigstore/policy-controller)"
