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

/** All containers of the sandbox, also the cluster's node, which kind creates with a label of its own. */
export async function sandboxContainers(reference: SandboxReference): Promise<readonly ContainerSummary[]> {
  const { docker, instance, id } = reference;
  const [labelled, nodes] = await Promise.all([
    docker.listContainers(sandboxFilter(instance, id)),
    docker.listContainers({ 'io.x-k8s.kind.cluster': clusterName(reference) }),
  ]);
  return [...labelled, ...nodes.filter((node) => !labelled.some((container) => container.id === node.id))];
}
