import { parse } from 'yaml';
import { z } from 'zod';
import type { DockerClient } from '../../../engine/server/docker-client.ts';
import { accessFor, type ClientCredential, type ClusterAccess } from './cluster-access.ts';
import { runOnNode } from './kind-node.ts';

/** The parts of a kubeconfig that kubeadm writes; the data are base64 of PEM. */
const kubeconfigSchema = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ 'certificate-authority-data': z.string() }) })]),
  users: z.tuple([z.object({ user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }) })]),
});

/** Longer than any sandbox lives. */
const validity = '168h';

/** Has the cluster's own authority certify a learner and a grader, whose groups sandbox/cluster/lab.yaml gives permissions. */
export async function issueCredentials(docker: DockerClient, name: string): Promise<ClusterAccess> {
  const learner = await issue(docker, name, { user: 'learner', group: 'proofground:learners' });
  const grader = await issue(docker, name, { user: 'grader', group: 'proofground:graders' });
  return accessFor(learner.caPem, { learner: learner.credential, grader: grader.credential });
}

async function issue(
  docker: DockerClient,
  name: string,
  { user, group }: { user: string; group: string },
): Promise<{ caPem: string; credential: ClientCredential }> {
  const written = await runOnNode(docker, name, {
    command: [
      ...['kubeadm', 'kubeconfig', 'user', '--config=/kind/kubeadm.conf'],
      ...[`--client-name=${user}`, `--org=${group}`, `--validity-period=${validity}`],
    ],
  });
  const { clusters, users } = kubeconfigSchema.parse(parse(written));
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
  return {
    caPem: pem(clusters[0].cluster['certificate-authority-data']),
    credential: { certPem: pem(users[0].user['client-certificate-data']), keyPem: pem(users[0].user['client-key-data']) },
  };
}
