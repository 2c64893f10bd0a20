import { setTimeout as sleep } from 'node:timers/promises';
import { sandboxContainers, type SandboxReference } from './sandbox-containers.ts';
import { sandboxFilter } from './sandbox-labels.ts';

/** A start under way can add members while they are being removed; each pass looks again. */
const maxPasses = 10;
const pauseBetweenPassesMs = 200;

/** Removes everything that carries the sandbox's labels, until a look finds nothing. Throws what the last pass met. */
export async function removeSandbox(reference: SandboxReference): Promise<void> {
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    try {
      if ((await removePass(reference)) === 0) return;
    } catch (error) {
      // A network cannot go while a member that started a moment ago is on it.
      if (pass === maxPasses) throw error;
      await sleep(pauseBetweenPassesMs);
    }
  }
}

/** Returns how many objects there were. */
async function removePass(reference: SandboxReference): Promise<number> {
  const { docker, instance, id } = reference;
  const filter = sandboxFilter(instance, id);
  const [containers, networks, volumes] = await Promise.all([
    sandboxContainers(reference),
    docker.listNetworks(filter),
    docker.listVolumes(filter),
  ]);
  await Promise.all(containers.map((container) => docker.removeContainer(container.id)));
  await Promise.all(networks.map((network) => docker.removeNetwork(network.name)));
  await Promise.all(volumes.map((volume) => docker.removeVolume(volume)));
  return containers.length + networks.length + volumes.length;
}
