#!/bin/sh
# Becomes the embedded engine: enters the Debian root and runs dockerd on a socket of our own.
# Run as root in a private mount namespace (unshare --mount --propagation private); every mount made here
# ends with the last process of the engine.
#
# ENGINE_ROOT    Debian root with dockerd
# ENGINE_DATA    images, containers, volumes and build cache
# ENGINE_RUN     directory of the socket, visible under the same path inside and outside
# ENGINE_BRIDGE  name of the default network's bridge; also the control group of all containers
set -eu

mount --bind "$ENGINE_ROOT" "$ENGINE_ROOT"
for directory in proc sys dev; do
  mount --rbind "/$directory" "$ENGINE_ROOT/$directory"
done
mkdir -p "$ENGINE_ROOT/var/lib/docker" "$ENGINE_ROOT/lib/modules" "$ENGINE_ROOT/outside"
mount --bind "$ENGINE_DATA" "$ENGINE_ROOT/var/lib/docker"
if [ -d /lib/modules ]; then mount --bind /lib/modules "$ENGINE_ROOT/lib/modules"; fi
mount -t tmpfs -o mode=755 tmpfs "$ENGINE_ROOT/run"
mkdir -p "$ENGINE_ROOT$ENGINE_RUN"
mount --bind "$ENGINE_RUN" "$ENGINE_ROOT$ENGINE_RUN"

# systemd-resolved's stub address means nothing to a container; its real list lies elsewhere.
resolver=/etc/resolv.conf
if [ -e /run/systemd/resolve/resolv.conf ]; then resolver=/run/systemd/resolve/resolv.conf; fi
cat "$resolver" >"$ENGINE_ROOT/etc/resolv.conf"
# The host's certificates let the engine pull through a proxy that re-signs; on a tmpfs, so they are not kept.
if [ -r "${SSL_CERT_FILE:-}" ]; then
  cat "$SSL_CERT_FILE" >"$ENGINE_ROOT/run/ca-certificates.crt"
  export SSL_CERT_FILE=/run/ca-certificates.crt
fi

# pivot_root, since after a chroot `docker exec` would enter the host's root file system.
cd "$ENGINE_ROOT"
pivot_root . outside
umount -l /outside
cd /
mount --make-rshared /

# A bridge of our own: another engine on this machine has docker0.
if ! ip link show "$ENGINE_BRIDGE" >/dev/null 2>&1; then
  ip link add "$ENGINE_BRIDGE" type bridge
  for third in 201 202 203 204 205 206 207 208 209; do
    if ip -4 route show | grep -q "^10\.217\.$third\."; then continue; fi
    ip addr add "10.217.$third.1/24" dev "$ENGINE_BRIDGE"
    break
  done
  ip link set "$ENGINE_BRIDGE" up
fi

readlink /proc/self/ns/mnt >"$ENGINE_RUN/mount-namespace"
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset TMPDIR SSL_CERT_DIR DOCKER_HOST
exec dockerd --host "unix://$ENGINE_RUN/docker.sock" --pidfile "$ENGINE_RUN/dockerd.pid" \
  --bridge "$ENGINE_BRIDGE" --cgroup-parent "/$ENGINE_BRIDGE" --exec-opt native.cgroupdriver=cgroupfs \
  --storage-driver overlay2 --log-level warn
