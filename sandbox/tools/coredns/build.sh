build-tool coredns github.com/coredns/coredns
