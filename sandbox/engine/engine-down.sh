#!/bin/sh
# Removes what a stopped embedded engine leaves behind: processes, control groups, its link and its firewall rules.
# Run as root, after dockerd was asked to end. Idempotent; the variables are those of engine-up.sh.
set -u

namespace=$(cat "$ENGINE_RUN/mount-namespace" 2>/dev/null || true)
subnet=$(cat "$ENGINE_RUN/subnet" 2>/dev/null || true)
groups=$(find /sys/fs/cgroup -depth -type d \( -path "/sys/fs/cgroup/$ENGINE_NAME" -o -path "/sys/fs/cgroup/$ENGINE_NAME/*" \
  -o -path "/sys/fs/cgroup/*/$ENGINE_NAME" -o -path "/sys/fs/cgroup/*/$ENGINE_NAME/*" \) 2>/dev/null)

# Who is left did not end when asked: the containers' processes by their groups, the engine's by their root.
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
sleep 0.1
for group in $groups; do rmdir "$group" 2>/dev/null; done

machine_iptables() {
  if command -v iptables >/dev/null; then iptables -w "$@"; else chroot "$ENGINE_ROOT" iptables -w "$@"; fi 2>/dev/null
}
if [ -n "$subnet" ]; then
  while machine_iptables -t nat -D POSTROUTING -s "$subnet" ! -o "$ENGINE_NAME" -j MASQUERADE; do :; done
fi
while machine_iptables -D FORWARD -i "$ENGINE_NAME" -j ACCEPT; do :; done
while machine_iptables -D FORWARD -o "$ENGINE_NAME" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; do :; done
ip link delete "$ENGINE_NAME" 2>/dev/null

rm -rf "$ENGINE_RUN"
rmdir "${ENGINE_RUN%/*}" /run/netns 2>/dev/null
exit 0
