import type { ContainerSummary } from '../../engine/server/docker-types.ts';
import { adoptCluster } from './cluster/create-cluster.ts';
import { DockerSandbox } from './docker-sandbox.ts';
import { isMarkedReady } from './ready-mark.ts';
import { clusterName, isAwake, sandboxContainers, type SandboxReference } from './sandbox-containers.ts';
import { fromLabels, labelNames, type Member, type SandboxIdentity } from './sandbox-labels.ts';
import type { SandboxSupplies } from './start-sandbox.ts';

/** Takes over a sandbox from its labels alone; undefined when it was never finished or parts of it have ended. */
export async function adoptSandbox(reference: SandboxReference, supplies: SandboxSupplies): Promise<DockerSandbox | undefined> {
  const { docker } = reference;
  const containers = await sandboxContainers(reference);
  const link = containers.find((container) => container.labels[labelNames.member] === 'link');
  const identity = link && fromLabels(link.labels);
  if (link === undefined || identity === undefined || !isWhole(identity, containers)) return undefined;
  if (!(await isMarkedReady(docker, link.id))) return undefined;
  const wantsCluster = identity.needs.includes('cluster');
  const cluster = wantsCluster ? await adoptCluster({ docker, name: clusterName(reference) }) : undefined;
  if (wantsCluster && cluster === undefined) return undefined;
  return new DockerSandbox({ docker, identity, linkAddress: link.addresses[supplies.trust.platformNetwork] ?? '', cluster });
}

function isWhole({ needs }: SandboxIdentity, containers: readonly ContainerSummary[]): boolean {
  const optional = (['registry', 'builder', 'cluster'] as const).filter((need) => needs.includes(need));
  const expected: readonly Member[] = ['link', 'toolbox', ...optional];
  const alive = containers.filter((container) => isAwake(container) || container.state === 'paused');
  return alive.length === containers.length && alive.length >= expected.length;
}
