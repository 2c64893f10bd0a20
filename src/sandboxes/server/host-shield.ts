import type { DockerClient } from '../../engine/server/docker-client.ts';
import { labelNames } from './sandbox-labels.ts';

/** `image`: one with iptables, the provisioner's. */
export interface HostShield {
  readonly docker: DockerClient;
  readonly image: string;
  readonly instance: string;
}

/** Beginning of the names of the instance's bridges; `-i <prefix>+` matches them all, future ones too. */
function bridgePrefix(instance: string): string {
  return `pg${instance}`;
}

/** Name of a sandbox's bridge on the engine's host; the kernel allows 15 characters. */
export function bridgeName(instance: string, id: string): string {
  return `${bridgePrefix(instance)}${id}`.slice(0, 15);
}

/**
 * Drops everything that comes from a sandbox's bridge and is meant for the engine's host itself. The bridge has no
 * IPv4 address, but the kernel gives it an IPv6 one, which a privileged member (builder, cluster) could learn to use.
 * Can be repeated. Throws when the engine's host does not allow it.
 */
export async function raiseHostShield(shield: HostShield): Promise<void> {
  await changeRules(shield, (table, rule) => `${table} -w -C ${rule} 2>/dev/null || ${table} -w -I ${rule}`);
}

/** Takes the rules away again; fine when there are none. */
export async function lowerHostShield(shield: HostShield): Promise<void> {
  await changeRules(shield, (table, rule) => `while ${table} -w -D ${rule} 2>/dev/null; do :; done`);
}

async function changeRules(shield: HostShield, change: (table: string, rule: string) => string): Promise<void> {
  const from = `-i ${bridgePrefix(shield.instance)}+ -j DROP`;
  const changes = [change('iptables', `INPUT ${from}`), change('ip6tables', `INPUT ${from}`), change('ip6tables', `FORWARD ${from}`)];
  const name = `pg-${shield.instance}-shield`;
  const { docker } = shield;
  await docker.removeContainer(name);
  try {
    await docker.runContainer({
      name,
      image: shield.image,
      labels: { [labelNames.instance]: shield.instance },
      network: { name: 'host' },
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
      entrypoint: ['sh', '-euc'],
      command: [changes.join('\n')],
    });
    const exitCode = await docker.waitForExit(name);
    if (exitCode !== 0) throw new Error(`The engine's host refused its firewall rules: ${(await docker.logs(name)).trim()}`);
  } finally {
    await docker.removeContainer(name);
  }
}
