import { randomBytes } from 'node:crypto';
import { defaultCacheDirectory } from '../../../src/engine/server/engine-paths.ts';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import type { DockerClient } from '../../../src/engine/server/docker-client.ts';
import type { ExecResult } from '../../../src/engine/server/docker-types.ts';
import { buildImages, type ImageSet } from '../../../src/images/server/build-images.ts';
import { issueRoot, issueServerLeaf } from '../../../src/trust/server/certificates.ts';
import { createSandboxNetwork } from '../../../src/sandboxes/server/sandbox-network.ts';

/** A sandbox's network as a cluster meets it: an isolated bridge, a TLS registry, and a shell that stands for the toolbox. */
export interface TestNetwork extends AsyncDisposable {
  readonly docker: DockerClient;
  readonly images: ImageSet;
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly provisioner: string;
  readonly labCaPem: string;
  /** Runs a shell command on the network, outside the cluster. */
  inShell(script: string): Promise<ExecResult>;
  /** Runs kubectl on the network with a kubeconfig of {@link putKubeconfig}; `stdin` is its input. */
  kubectl(user: string, args: readonly string[], stdin?: string): Promise<{ exitCode: number; said: string }>;
  putKubeconfig(user: string, contents: string): Promise<void>;
}

const registryPort = 443;

export async function createTestNetwork(): Promise<TestNetwork> {
  const report = (): void => undefined;
  const engine = await findOrStartEngine({ cacheDirectory: defaultCacheDirectory(process.env), report });
  const { docker } = engine;
  const images = await buildImages({ engine, wanted: ['provisioner', 'registry', 'node'], report });
  const id = randomBytes(3).toString('hex');
  const name = `cluster-test-${id}`;
  const labels = { 'dev.proofground.instance': name };
  await createSandboxNetwork({ docker, name, labels, bridge: `pgct-${id}` });

  const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const root = await issueRoot({ commonName: 'Cluster test', ...life });
  const server = await issueServerLeaf(['registry.lab'], life, root);
  const owner = { uid: 65532, gid: 65532 };
  await docker.runContainer(
    {
      name: `${name}-registry`,
      image: images.reference('registry'),
      labels,
      network: { name, aliases: ['registry.lab'] },
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': String(registryPort) },
    },
    [
      { path: '/etc/proofground/tls/cert.pem', contents: server.certPem, ...owner },
      { path: '/etc/proofground/tls/key.pem', contents: server.keyPem, mode: 0o400, ...owner },
    ],
  );
  const idle = { labels, entrypoint: ['sleep'], command: ['infinity'], init: true };
  const shell = await docker.runContainer({ ...idle, name: `${name}-shell`, image: images.reference('node'), network: { name } });
  const provisioner = await docker.runContainer({
    ...idle,
    name: `${name}-provisioner`,
    image: images.reference('provisioner'),
    binds: [`${engine.socketOnEngine}:/var/run/docker.sock`],
  });

  return {
    docker,
    images,
    name,
    labels,
    provisioner,
    labCaPem: root.certPem,
    inShell: (script) => docker.exec(shell, { command: ['bash', '-c', script] }),
    kubectl: async (user, args, stdin) => {
      const spec = { command: ['kubectl', `--kubeconfig=/home/${user}.kubeconfig`, ...args], timeoutMs: 120_000 };
      const result = await docker.exec(shell, stdin === undefined ? spec : { ...spec, stdin });
      return { exitCode: result.exitCode, said: `${result.stdout.toString('utf8')}${result.stderr.toString('utf8')}` };
    },
    putKubeconfig: (user, contents) => docker.putFiles(shell, [{ path: `/home/${user}.kubeconfig`, contents }]),
    [Symbol.asyncDispose]: async () => {
      for (const container of await docker.listContainers(labels)) await docker.removeContainer(container.id);
      await docker.removeNetwork(name);
    },
  };
}
