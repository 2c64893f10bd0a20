build-tool crane github.com/google/go-containerregistry/cmd/crane \
  -X "github.com/google/go-containerregistry/cmd/crane/cmd.Version=$(module-version github.com/google/go-containerregistry)"
