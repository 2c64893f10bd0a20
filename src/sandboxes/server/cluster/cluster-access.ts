import { stringify } from 'yaml';
import { z } from 'zod';
import type { DockerClient } from '../../../engine/server/docker-client.ts';
import { nodeName } from './kind-node.ts';

/** What it takes to reach a sandbox's cluster; all PEM. Names resolve on the sandbox's network only. */
const clusterAccessSchema = z.strictObject({
  apiServer: z.strictObject({ host: z.string(), port: z.number().int() }),
  caPem: z.string(),
  /** Client certificate that reads, and creates pods in `default` and `shop` as a dry run only. */
  graderCredential: z.strictObject({ certPem: z.string(), keyPem: z.string() }),
  /** A whole kubeconfig, YAML. */
  learnerKubeconfig: z.string(),
});
export type ClusterAccess = Readonly<z.infer<typeof clusterAccessSchema>>;

/** A client certificate of the cluster's authority. */
export interface ClientCredential {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Where the API server of every sandbox answers; its certificate is valid for the name. */
const apiServer = { host: 'kubernetes.lab', port: 6443 } as const;

/** On the node, which learners cannot enter; there only once the cluster is complete. */
const accessPath = '/etc/proofground/cluster-access.json';
const maxAccessBytes = 256 * 1024;

export function accessFor(caPem: string, credentials: { learner: ClientCredential; grader: ClientCredential }): ClusterAccess {
  return {
    apiServer: { ...apiServer },
    caPem,
    graderCredential: credentials.grader,
    learnerKubeconfig: kubeconfig(caPem, credentials.learner),
  };
}

/** Leaves the access with the cluster itself, so that a restarted server finds it. */
export async function keepAccess(docker: DockerClient, name: string, access: ClusterAccess): Promise<void> {
  await docker.putFiles(nodeName(name), [{ path: accessPath, contents: JSON.stringify(access), mode: 0o600 }]);
}

/** The access that {@link keepAccess} left; undefined when there is no such cluster or it was never completed. */
export async function readAccess(docker: DockerClient, name: string): Promise<ClusterAccess | undefined> {
  const file = await docker.readFile(nodeName(name), accessPath, maxAccessBytes);
  if (file.kind !== 'file') return undefined;
  return clusterAccessSchema.safeParse(JSON.parse(file.contents.toString('utf8'))).data;
}

function kubeconfig(caPem: string, credential: ClientCredential): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'learner', namespace: 'default' } }],
    clusters: [
      {
        name: 'lab',
        cluster: { server: `https://${apiServer.host}:${apiServer.port}`, 'certificate-authority-data': base64(caPem) },
      },
    ],
    users: [
      {
        name: 'learner',
        user: { 'client-certificate-data': base64(credential.certPem), 'client-key-data': base64(credential.keyPem) },
      },
    ],
  });
}
