import type { DockerClient } from '../../../engine/server/docker-client.ts';
import type { Report } from '../../../shared/progress.ts';
import { runStage } from '../../../shared/server/run-stage.ts';
import { keepAccess, readAccess, type ClusterAccess } from './cluster-access.ts';
import { installAdmission, waitForAdmission, type AdmissionSpec } from './install-admission.ts';
import { issueCredentials } from './issue-credentials.ts';
import { createKindNode, removeKindNode, type KindNodeSpec } from './kind-node.ts';

export type { ClusterAccess };

/** A cluster to make: its node, what its admission control trusts, and who is told how far it is. */
export interface ClusterSpec extends KindNodeSpec, AdmissionSpec {
  readonly report: Report;
}

const stages = {
  node: { stage: 'cluster-node', title: 'Creating the Kubernetes node', expectedMs: 12_000 },
  admission: { stage: 'cluster-admission', title: 'Installing the image policy controller', expectedMs: 7_000 },
} as const;

/**
 * Makes a cluster on a sandbox's network; returns once a real admission request was answered. What a failure leaves is
 * kept for its log, until {@link deleteCluster}.
 */
export async function createCluster(spec: ClusterSpec): Promise<ClusterAccess> {
  const { docker, name, report } = spec;
  await runStage(report, stages.node, () => createKindNode(spec));
  return runStage(report, stages.admission, async () => {
    await installAdmission(spec);
    const [access] = await Promise.all([issueCredentials(docker, name), waitForAdmission(docker, name)]);
    await keepAccess(docker, name, access);
    return access;
  });
}

/** Access to a cluster that exists; undefined when there is none of that name or it was never completed. */
export async function adoptCluster({ docker, name }: { docker: DockerClient; name: string }): Promise<ClusterAccess | undefined> {
  return readAccess(docker, name);
}

/** Removes a cluster with everything in it; one that does not exist is fine. */
export async function deleteCluster({ docker, name }: { docker: DockerClient; name: string }): Promise<void> {
  await removeKindNode(docker, name);
}
