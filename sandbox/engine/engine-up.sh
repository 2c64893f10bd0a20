#!/bin/sh
# Becomes the embedded engine: dockerd in a Debian root, in a mount and a network namespace of its own, on a socket of
# our own. Run as root by the holder of the engine's lock. All mounts, bridges and firewall rules of the engine end with
# its last process; engine-down.sh removes the rest, also before a start, since a crash leaves containers running.
#
# ENGINE_ROOT  Debian root with dockerd
# ENGINE_DATA  images, containers, volumes and build cache
# ENGINE_RUN   directory of the socket, visible under the same path inside and outside
# ENGINE_NAME  of the engine's link to this machine's network and of its containers' control group
set -eu

# The machine's own iptables where it has one, since its rules must be in the same backend as the machine's others.
machine_iptables() {
  if command -v iptables >/dev/null; then iptables -w "$@"; else chroot "$ENGINE_ROOT" iptables -w "$@"; fi
}

# A namespace of its own, since a second dockerd in one namespace deletes the first one's rules when it starts, the
# ones that isolate networks included; and so that a container that reaches its gateway has not reached this machine.
make_network() {
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns
  ip netns add "$ENGINE_NAME"
  ip link delete "$ENGINE_NAME" 2>/dev/null || true
  ip link add "$ENGINE_NAME" type veth peer name eth0 netns "$ENGINE_NAME"
  third=1
  while ip -4 route show | grep -q "^10\.217\.$third\."; do third=$((third + 1)); done
  ip addr add "10.217.$third.1/30" dev "$ENGINE_NAME"
  ip link set "$ENGINE_NAME" up
  ip -n "$ENGINE_NAME" link set lo up
  ip -n "$ENGINE_NAME" addr add "10.217.$third.2/30" dev eth0
  ip -n "$ENGINE_NAME" link set eth0 up
  ip -n "$ENGINE_NAME" route add default via "10.217.$third.1"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo "10.217.$third.0/30" >"$ENGINE_RUN/subnet"
  machine_iptables -t nat -A POSTROUTING -s "10.217.$third.0/30" ! -o "$ENGINE_NAME" -j MASQUERADE
  machine_iptables -I FORWARD -i "$ENGINE_NAME" -j ACCEPT
  machine_iptables -I FORWARD -o "$ENGINE_NAME" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
}

enter_root() {
  mount --bind "$ENGINE_ROOT" "$ENGINE_ROOT"
  for directory in proc dev; do
    mount --rbind "/$directory" "$ENGINE_ROOT/$directory"
  done
  # A sysfs that shows this network namespace, with the machine's control groups.
  mount -t sysfs sysfs "$ENGINE_ROOT/sys"
  mount --rbind /sys/fs/cgroup "$ENGINE_ROOT/sys/fs/cgroup"
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
  # The machine's certificates let the engine pull through a proxy that re-signs; on a tmpfs, so they are not kept.
  if [ -r "${SSL_CERT_FILE:-}" ]; then
    cat "$SSL_CERT_FILE" >"$ENGINE_ROOT/run/ca-certificates.crt"
    export SSL_CERT_FILE=/run/ca-certificates.crt
  fi

  # pivot_root, since after a chroot `docker exec` would enter the machine's root file system.
  cd "$ENGINE_ROOT"
  pivot_root . outside
  umount -l /outside
  cd /
  mount --make-rshared /
}

case "${1:-start}" in
  start)
    sh "${0%/*}/engine-down.sh"
    mkdir -p -m 700 "$ENGINE_RUN"
    exec unshare --mount --propagation private sh "$0" network
    ;;
  network)
    make_network
    exec nsenter --net="/run/netns/$ENGINE_NAME" sh "$0" root
    ;;
esac
enter_root
# By itself the engine keeps 2 GB of build cache, and the Go tools that share most would each be built from nothing.
echo '{"builder":{"gc":{"enabled":true,"defaultKeepStorage":"8GB"}}}' >/run/daemon.json
readlink /proc/self/ns/mnt >"$ENGINE_RUN/mount-namespace"
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset TMPDIR SSL_CERT_DIR DOCKER_HOST
exec dockerd --config-file /run/daemon.json --host "unix://$ENGINE_RUN/docker.sock" --pidfile "$ENGINE_RUN/dockerd.pid" \
  --cgroup-parent "/$ENGINE_NAME" --exec-opt native.cgroupdriver=cgroupfs --storage-driver overlay2 --shutdown-timeout 5 --log-level warn
