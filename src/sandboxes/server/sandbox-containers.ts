import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { ContainerSummary } from '../../engine/server/docker-types.ts';
import { memberName, sandboxFilter } from './sandbox-labels.ts';

/** One sandbox of one instance on one engine. */
export interface SandboxReference {
  readonly docker: DockerClient;
  readonly instance: string;
  readonly id: string;
}

/** Name of the sandbox's cluster as kind knows it. */
export function clusterName({ instance, id }: Pick<SandboxReference, 'instance' | 'id'>): string {
  return memberName(instance, id, 'cluster');
}

/** All containers of the sandbox. */
export async function sandboxContainers({ docker, instance, id }: SandboxReference): Promise<readonly ContainerSummary[]> {
  return docker.listContainers(sandboxFilter(instance, id));
}

/** A learner can end the toolbox's first process, for one; the engine then starts it again with its files as they were. */
export function isAwake({ state }: Pick<ContainerSummary, 'state'>): boolean {
  return state === 'running' || state === 'restarting';
}
