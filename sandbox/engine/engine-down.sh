#!/bin/sh
# Removes what a stopped embedded engine leaves behind: processes, control groups, bridges, firewall rules.
# Run as root, after dockerd was asked to end. Idempotent.
#
# ENGINE_ROOT, ENGINE_RUN, ENGINE_BRIDGE  as in engine-up.sh
set -u

namespace=$(cat "$ENGINE_RUN/mount-namespace" 2>/dev/null || true)
groups=$(find /sys/fs/cgroup -depth -type d \( -path "/sys/fs/cgroup/$ENGINE_BRIDGE" -o -path "/sys/fs/cgroup/$ENGINE_BRIDGE/*" \
  -o -path "/sys/fs/cgroup/*/$ENGINE_BRIDGE" -o -path "/sys/fs/cgroup/*/$ENGINE_BRIDGE/*" \) 2>/dev/null)

# Nothing to wait for: whoever is left did not end when asked.
kill_leftovers() {
  for group in $groups; do
    while read -r process; do kill -KILL "$process" 2>/dev/null; done <"$group/cgroup.procs"
  done
  if [ -z "$namespace" ]; then return; fi
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$namespace" ]; then kill -KILL "${process#/proc/}" 2>/dev/null; fi
  done
}
kill_leftovers
sleep 0.2
kill_leftovers

for group in $groups; do rmdir "$group" 2>/dev/null; done
ip link delete "$ENGINE_BRIDGE" 2>/dev/null

# Bridges and rules of networks that were not removed. Another engine on this machine uses the same chains, so its
# rules are left alone: then only ours are unknown to anyone, and harmless without the bridges that they name.
if ! pgrep -x dockerd >/dev/null; then
  for bridge in $(ip -br link show type bridge 2>/dev/null | cut -d' ' -f1 | grep '^br-[0-9a-f]\{12\}$'); do ip link delete "$bridge" 2>/dev/null; done
  rules() { chroot "$ENGINE_ROOT" "/usr/sbin/$1" -t "$2" -S 2>/dev/null; }
  for command in iptables ip6tables; do
    for table in nat filter raw; do
      # A rule that mentions one of Docker's chains, or that Docker added for a bridge of its own.
      rules "$command" "$table" | grep -E '^-A' | grep -E 'DOCKER|pg-[0-9a-f]{8}|br-[0-9a-f]{12}|-s 10\.217\.' | sed 's/^-A/-D/' |
        while read -r rule; do echo "$rule" | xargs chroot "$ENGINE_ROOT" "/usr/sbin/$command" -t "$table" 2>/dev/null; done
      for chain in $(rules "$command" "$table" | sed -n 's/^-N \(DOCKER.*\)$/\1/p'); do
        chroot "$ENGINE_ROOT" "/usr/sbin/$command" -t "$table" -F "$chain" 2>/dev/null
        chroot "$ENGINE_ROOT" "/usr/sbin/$command" -t "$table" -X "$chain" 2>/dev/null
      done
    done
  done
fi
rm -rf "$ENGINE_RUN"
rmdir "${ENGINE_RUN%/*}" 2>/dev/null
exit 0
