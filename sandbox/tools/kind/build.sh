build-tool kind sigs.k8s.io/kind
