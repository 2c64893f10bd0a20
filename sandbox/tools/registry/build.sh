build-tool registry github.com/distribution/distribution/v3/cmd/registry \
  -X "github.com/distribution/distribution/v3/version.version=$(module-version github.com/distribution/distribution/v3)"
