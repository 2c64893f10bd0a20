build-tool etcd go.etcd.io/etcd/server/v3
