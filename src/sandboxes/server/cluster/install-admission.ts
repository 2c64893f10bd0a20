import type { DockerClient } from '../../../engine/server/docker-client.ts';
import { PlatformError } from '../../../shared/errors.ts';
import { readClusterFile, readManifests, type Manifest } from './cluster-files.ts';
import { nodeName, runOnNode } from './kind-node.ts';

/** What goes into a fresh cluster. `trustedRootJson`: what policy-controller verifies with, under the name `lab`. */
export interface AdmissionSpec {
  readonly docker: DockerClient;
  readonly name: string;
  readonly labCaPem: string;
  readonly trustedRootJson: string;
}

/** Namespace that learners deploy to. */
const shop = 'shop';
/** Namespaces that carry it with the value `true` are checked by policy-controller. */
const includeLabel = 'policy.sigstore.dev/include';
/** An idle machine needs 5 s. */
const readyTimeoutMs = 120_000;
const pauseBetweenProbesMs = 100;
/** Both of policy-controller's gates answer; anything else, a refused connection for one, is not yet an answer. */
const answers = [
  'admission webhook "policy.sigstore.dev" denied the request',
  'admission webhook "validating.clusterimagepolicy.sigstore.dev" denied the request',
] as const;

/** Creates permissions, namespaces and policy-controller. `shop` is checked until {@link waitForAdmission} has seen it work. */
export async function installAdmission(spec: AdmissionSpec): Promise<void> {
  const { docker, name, labCaPem } = spec;
  await docker.putFiles(nodeName(name), [{ path: '/etc/proofground/lab-ca.pem', contents: labCaPem }]);
  const list = { apiVersion: 'v1', kind: 'List', items: await manifests(spec) };
  await runOnNode(docker, name, { command: ['kubectl', 'create', '-f', '-'], stdin: JSON.stringify(list) });
}

/** Waits until a pod and a policy that are both wrong have been refused by policy-controller itself, and pods find names. */
export async function waitForAdmission(docker: DockerClient, name: string): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  await waitForDeployment(docker, name, { namespace: 'cosign-system', deployment: 'webhook' });
  const probe = await readClusterFile('probe.yaml');
  for (;;) {
    const { stderr } = await docker.exec(nodeName(name), { command: ['kubectl', 'create', '--dry-run=server', '-f', '-'], stdin: probe });
    const said = stderr.toString('utf8');
    if (answers.every((answer) => said.includes(answer))) break;
    if (performance.now() > deadline) {
      throw new PlatformError(
        'sandbox-start-failed',
        `policy-controller did not answer within ${readyTimeoutMs / 1000} s: ${said.slice(-500)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pauseBetweenProbesMs));
  }
  await runOnNode(docker, name, { command: ['kubectl', 'label', 'namespace', shop, `${includeLabel}-`] });
  await waitForDeployment(docker, name, { namespace: 'kube-system', deployment: 'coredns' });
}

async function waitForDeployment(
  docker: DockerClient,
  name: string,
  { namespace, deployment }: { namespace: string; deployment: string },
): Promise<void> {
  const wait = ['kubectl', 'wait', `--namespace=${namespace}`, '--for=condition=Available', `deployment/${deployment}`];
  await runOnNode(docker, name, { command: [...wait, `--timeout=${readyTimeoutMs / 1000}s`], timeoutMs: readyTimeoutMs + 10_000 });
}

async function manifests({ labCaPem, trustedRootJson }: AdmissionSpec): Promise<readonly Manifest[]> {
  const files = ['policy-controller.yaml', 'coredns.yaml', 'lab.yaml'];
  const all = (await Promise.all(files.map(readManifests))).flat();
  const namespaces = all.filter((manifest) => manifest.kind === 'Namespace');
  return [
    ...namespaces.map((namespace) => (namespace.metadata.name === shop ? checked(namespace) : namespace)),
    // Before the controller, which does not start without them.
    configMap('lab-ca', { 'lab-ca.pem': labCaPem }),
    configMap('config-sigstore-keys', { lab: trustedRootJson }),
    ...all.filter((manifest) => manifest.kind !== 'Namespace'),
  ];
}

function checked(namespace: Manifest): Manifest {
  return { ...namespace, metadata: { ...namespace.metadata, labels: { ...namespace.metadata.labels, [includeLabel]: 'true' } } };
}

function configMap(name: string, data: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'cosign-system' }, data };
}
