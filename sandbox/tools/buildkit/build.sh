build-tool buildkitd github.com/moby/buildkit/cmd/buildkitd \
  -X "github.com/moby/buildkit/version.Version=$(module-version github.com/moby/buildkit)"
