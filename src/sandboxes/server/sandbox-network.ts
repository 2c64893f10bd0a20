import type { DockerClient } from '../../engine/server/docker-client.ts';
import { PlatformError } from '../../shared/errors.ts';
import { chooseSubnet } from './address-plan.ts';

/** Another instance may take the same network between our look and our request; each such loss costs one attempt. */
const maxAttempts = 20;

export interface SandboxNetworkSpec {
  readonly docker: DockerClient;
  readonly name: string;
  readonly labels: Record<string, string>;
  /** Name of the bridge on the engine's host. */
  readonly bridge: string;
}

/** Creates a sandbox's network and returns its subnet. Nothing on it can reach beyond it, not even the host. */
export async function createSandboxNetwork({ docker, name, labels, bridge }: SandboxNetworkSpec): Promise<string> {
  const lost: string[] = [];
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const existing = await docker.listNetworks({});
    const chosen = chooseSubnet([...existing.flatMap((network) => network.subnet ?? []), ...lost]);
    if (chosen === undefined) break;
    try {
      await docker.createNetwork({
        ...chosen,
        name,
        labels,
        internal: true,
        // `internal` alone leaves the host reachable at the bridge's gateway address; so the bridge gets none.
        options: { 'com.docker.network.bridge.inhibit_ipv4': 'true', 'com.docker.network.bridge.name': bridge },
      });
      return chosen.subnet;
    } catch (error) {
      if (!isOverlap(error)) throw error;
      lost.push(chosen.subnet);
    }
  }
  throw new PlatformError('capacity-reached', 'Every network of 10.213.0.0/16 is taken.');
}

function isOverlap(error: unknown): boolean {
  return error instanceof PlatformError && /overlap/i.test(error.message);
}
