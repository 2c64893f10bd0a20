import type { DockerClient } from '../../../engine/server/docker-client.ts';
import type { ExecSpec, Limits } from '../../../engine/server/docker-types.ts';
import { PlatformError } from '../../../shared/errors.ts';
import { readClusterFile } from './cluster-files.ts';

/** The node of a cluster to make. `provisioner`: a container with the kind CLI and the engine's socket. */
export interface KindNodeSpec {
  readonly docker: DockerClient;
  readonly provisioner: string;
  readonly name: string;
  /** An existing network; it needs no way out. */
  readonly network: string;
  readonly nodeImage: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: Limits;
}

const shimDirectory = '/usr/local/lib/proofground/kind';
/** kind insists on writing an administrator's kubeconfig, which nobody is to find. */
const runKind = 'kind "$@"; status=$?; rm -f "$KUBECONFIG"; exit "$status"';
/** An idle machine needs 10 s; kubeadm itself gives up after four minutes. */
const createTimeoutMs = 300_000;
/** What a person gets to see of a failure. */
const failureLines = 25;

/** Name of the one node's container, as kind names it. */
export function nodeName(clusterName: string): string {
  return `${clusterName}-control-plane`;
}

/**
 * Creates the cluster with the kind CLI. A failed one is kept, for its log; {@link removeKindNode} removes it.
 * On the network the node is called `kubernetes.lab` as well.
 */
export async function createKindNode(spec: KindNodeSpec): Promise<void> {
  const { docker, provisioner, name } = spec;
  const [config, shim] = await Promise.all([readClusterFile('kind.yaml'), readClusterFile('docker')]);
  await docker.putFiles(provisioner, [{ path: `${shimDirectory}/docker`, contents: shim, mode: 0o755 }]);
  const result = await docker.exec(provisioner, {
    command: ['sh', '-c', runKind, 'kind', 'create', 'cluster', '--name', name, '--image', spec.nodeImage, '--config', '-', '--retain'],
    stdin: config,
    env: {
      KUBECONFIG: `/tmp/${name}.kubeconfig`,
      PATH: `${shimDirectory}:/usr/local/bin:/usr/bin:/bin`,
      KIND_EXPERIMENTAL_DOCKER_NETWORK: spec.network,
      KIND_NODE_ARGUMENTS: nodeArguments(spec).join('\n'),
    },
    timeoutMs: createTimeoutMs,
  });
  if (result.exitCode === 0) return;
  const said = result.stderr.toString('utf8').trim().split('\n').slice(-failureLines).join('\n');
  const why = result.timedOut ? `did not end within ${createTimeoutMs / 1000} s` : `ended with exit code ${result.exitCode}`;
  throw new PlatformError('sandbox-start-failed', `kind create cluster ${why}:\n${said}`);
}

/** Removes the node with its volume; one that does not exist is fine. */
export async function removeKindNode(docker: DockerClient, clusterName: string): Promise<void> {
  await docker.removeContainer(nodeName(clusterName));
}

/** Runs a command on the node as root, with the cluster's own administrator as KUBECONFIG; returns what it wrote. */
export async function runOnNode(docker: DockerClient, clusterName: string, spec: ExecSpec): Promise<string> {
  const result = await docker.exec(nodeName(clusterName), spec);
  if (result.exitCode === 0) return result.stdout.toString('utf8');
  const said = result.stderr.toString('utf8').trim().split('\n').slice(-failureLines).join('\n');
  throw new PlatformError(
    'sandbox-start-failed',
    `${spec.command.slice(0, 3).join(' ')} failed on the node (${result.exitCode}):\n${said}`,
  );
}

function nodeArguments({ labels, limits }: KindNodeSpec): string[] {
  const memory = limits.memoryBytes === undefined ? [] : [`--memory=${limits.memoryBytes}`, `--memory-swap=${limits.memoryBytes}`];
  return [
    '--network-alias=kubernetes.lab',
    ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
    // kind asks this label where the API server is reachable; no port is published on an internal network.
    '--label=desktop.docker.io/ports/6443/tcp=kubernetes.lab:6443',
    ...memory,
    ...(limits.cpus === undefined ? [] : [`--cpus=${limits.cpus}`]),
    ...(limits.pids === undefined ? [] : [`--pids-limit=${limits.pids}`]),
  ];
}
