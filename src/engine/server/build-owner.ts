import { hostname } from 'node:os';
import type { DockerClient } from './docker-client.ts';

/** Every container that builds carries it; the value is `<machine>/<process id>` of the platform that builds. */
const buildLabel = 'dev.proofground.build';

/** The labels of a container in which this process builds. */
export function buildLabels(): Record<string, string> {
  return { [buildLabel]: `${hostname()}/${process.pid}` };
}

/**
 * Removes build containers that have ended, and those of platforms on this machine that were killed.
 * Resolves to how many still build.
 */
export async function removeAbandonedBuilds(docker: DockerClient): Promise<number> {
  const containers = await docker.listContainers({ [buildLabel]: '' });
  const abandoned = containers.filter(({ state, labels }) => state === 'exited' || ownerIsGone(labels[buildLabel] ?? ''));
  await Promise.all(abandoned.map((container) => docker.removeContainer(container.id)));
  return containers.length - abandoned.length;
}

function ownerIsGone(owner: string): boolean {
  const [machine, pid] = owner.split('/');
  if (machine !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
