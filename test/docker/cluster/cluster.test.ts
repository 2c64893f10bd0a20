import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { adoptCluster, createCluster, deleteCluster, type ClusterAccess } from '../../../src/sandboxes/server/cluster/create-cluster.ts';
import { nodeName } from '../../../src/sandboxes/server/cluster/kind-node.ts';
import type { StageEvent } from '../../../src/shared/progress.ts';
import { createTestNetwork, type TestNetwork } from './test-network.ts';

/** A pod of the seeded image; `change` goes over its spec. */
function pod(name: string, change: object = {}, container: object = {}): string {
  const spec = { containers: [{ name: 'main', image: 'registry.lab/samples/hello:v1', ...container }], ...change };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
}

function policy(name: string, authority: object): string {
  const spec = { images: [{ glob: 'registry.lab/**' }], authorities: [authority] };
  return JSON.stringify({ apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy', metadata: { name }, spec });
}

/** The learner's kubeconfig with another client certificate in it. */
function kubeconfigOf(access: ClusterAccess, user: object): string {
  return stringify({ ...(parse(access.learnerKubeconfig) as object), users: [{ name: 'learner', user }] });
}

describe('the cluster of a sandbox', () => {
  let network: TestNetwork;
  let access: ClusterAccess;
  const events: StageEvent[] = [];
  const name = (): string => `${network.name}-cluster`;

  const asLearner = (args: readonly string[], stdin?: string) => network.kubectl('learner', args, stdin);
  const onNode = async (...command: string[]): Promise<string> => {
    const result = await network.docker.exec(nodeName(name()), { command, timeoutMs: 120_000 });
    return `${result.stdout.toString('utf8')}${result.stderr.toString('utf8')}`;
  };
  const refused = async (args: readonly string[], stdin: string | undefined, reason: RegExp): Promise<void> => {
    const { exitCode, said } = await asLearner(args, stdin);
    assert.notEqual(exitCode, 0, `allowed: kubectl ${args.join(' ')}\n${said}`);
    assert.match(said, reason);
  };
  const allowed = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { exitCode, said } = await asLearner(args, stdin);
    assert.equal(exitCode, 0, `refused: kubectl ${args.join(' ')}\n${said}`);
    return said;
  };

  before(async () => {
    network = await createTestNetwork();
    access = await createCluster({
      docker: network.docker,
      provisioner: network.provisioner,
      name: name(),
      network: network.name,
      nodeImage: network.images.reference('node'),
      labels: { ...network.labels, 'dev.proofground.member': 'cluster' },
      labCaPem: network.labCaPem,
      trustedRootJson: '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
      limits: { memoryBytes: 3 * 1024 ** 3, cpus: 2, pids: 4096 },
      report: (event) => events.push(event),
    });
    await network.putKubeconfig('learner', access.learnerKubeconfig);
    const { certPem, keyPem } = access.graderCredential;
    const [certificate, key] = [certPem, keyPem].map((pem) => Buffer.from(pem).toString('base64'));
    await network.putKubeconfig('grader', kubeconfigOf(access, { 'client-certificate-data': certificate, 'client-key-data': key }));
    await network.putKubeconfig('token', kubeconfigOf(access, { token: 'abcdef.0123456789abcdef' }));
  });
  after(async () => network?.[Symbol.asyncDispose]());

  it('has a ready node, with the labels and limits that were asked for', async () => {
    assert.match(await onNode('kubectl', 'wait', '--for=condition=Ready', 'node', '--all', '--timeout=30s'), /condition met/);
    const found = await network.docker.listContainers({ ...network.labels, 'dev.proofground.member': 'cluster' });
    assert.deepEqual(
      found.map((container) => container.name),
      [nodeName(name())],
    );
    assert.deepEqual(
      events.filter((event) => event.state === 'done').map((event) => event.stage),
      ['cluster-node', 'cluster-admission'],
    );
  });

  it('is found again by its name alone', async () => {
    assert.deepEqual(await adoptCluster({ docker: network.docker, name: name() }), access);
    assert.equal(await adoptCluster({ docker: network.docker, name: 'no-such-cluster' }), undefined);
  });

  it('answers under kubernetes.lab with the learner as namespace admin', async () => {
    assert.match(await allowed(['cluster-info']), /https:\/\/kubernetes\.lab:6443/);
    assert.match(await allowed(['auth', 'whoami']), /proofground:learners/);
    await allowed(['-n', 'shop', 'create', 'configmap', 'mine', '--from-literal=a=b']);
    await allowed(['get', 'pods', '--all-namespaces']);
  });

  it('runs a pod whose image comes from the TLS registry, isolated from the host', async () => {
    await allowed(['-n', 'shop', 'apply', '-f', '-'], pod('hello'));
    await allowed(['-n', 'shop', 'wait', '--for=condition=Ready', 'pod/hello', '--timeout=60s']);
    // kube-proxy hears of the name server a moment after it is ready.
    await eventually(() => allowed(['-n', 'shop', 'exec', 'hello', '--', 'nslookup', 'registry.lab']));
    const address = (await onNode('hostname', '-i')).trim();
    const gateway = address.replace(/\d+$/, (last) => String((Number(last) & ~31) + 1));
    assert.doesNotMatch(await onNode('ip', 'route'), /default/);
    for (const target of [gateway, '169.254.169.254', '1.1.1.1']) {
      await refused(['-n', 'shop', 'exec', 'hello', '--', 'nc', '-w', '2', '-z', target, '22'], undefined, /exit code 1/);
      const probe = await onNode('timeout', '3', 'bash', '-c', `echo >/dev/tcp/${target}/22 && echo reached`);
      assert.doesNotMatch(probe, /reached/);
    }
  });

  it('admits no unsigned image to a namespace that asks for it, and resolves tags through the lab registry', async () => {
    await refused(['apply', '-f', '-'], policy('broken', {}), /denied the request/);
    await allowed(['label', 'namespace', 'shop', 'policy.sigstore.dev/include=true']);
    await refused(['-n', 'shop', 'create', '-f', '-'], pod('unmatched'), /no matching policies/);
    const keyless = {
      name: 'keyless',
      signatureFormat: 'bundle',
      keyless: { url: 'https://fulcio.lab', trustRootRef: 'lab', identities: [{ issuer: 'https://oidc.lab', subject: 'ada@lab.test' }] },
      attestations: [{ name: 'signed', predicateType: 'https://sigstore.dev/cosign/sign/v1' }],
    };
    await allowed(['apply', '-f', '-'], policy('signed', keyless));
    await eventually(async () =>
      refused(['-n', 'shop', 'create', '-f', '-'], pod('unsigned'), /policy\.sigstore\.dev" denied.*failed policy: signed/s),
    );
    await allowed(['delete', 'clusterimagepolicy', 'signed']);
    await allowed(['apply', '-f', '-'], policy('all', { static: { action: 'pass' } }));
    await eventually(async () => {
      const said = await allowed(['-n', 'shop', 'create', '--dry-run=server', '-o', 'yaml', '-f', '-'], pod('resolved'));
      assert.match(said, /image: registry\.lab\/samples\/hello:v1@sha256:[0-9a-f]{64}/);
    });
    await allowed(['delete', 'clusterimagepolicy', 'all']);
    await allowed(['label', 'namespace', 'shop', 'policy.sigstore.dev/include-']);
  });

  it('refuses pods that would reach the node', async () => {
    const reason = /violates PodSecurity "baseline/;
    const create = ['-n', 'shop', 'create', '-f', '-'];
    await refused(create, pod('p', {}, { securityContext: { privileged: true } }), reason);
    await refused(create, pod('p', { volumes: [{ name: 'root', hostPath: { path: '/' } }] }), reason);
    await refused(create, pod('p', { hostNetwork: true }), reason);
    await refused(create, pod('p', { hostPID: true }), reason);
    await refused(create, pod('p', {}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }), reason);
    await refused(create, pod('p', {}, { ports: [{ containerPort: 80, hostPort: 80 }] }), reason);
  });

  it('lets nobody weaken Pod Security or touch the namespaces of the cluster', async () => {
    const weaken = (namespace: string, label: string) => [
      'label',
      '--overwrite',
      'namespace',
      namespace,
      `pod-security.kubernetes.io/${label}`,
    ];
    await refused(weaken('shop', 'enforce=privileged'), undefined, /only ask for baseline or restricted/);
    await refused(weaken('shop', 'enforce-version=v1.0'), undefined, /at version latest/);
    await allowed(weaken('shop', 'enforce=restricted'));
    await allowed(weaken('shop', 'enforce-'));
    const own = (labels: object) => JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'own', labels } });
    await refused(['create', '-f', '-'], own({ 'pod-security.kubernetes.io/enforce': 'privileged' }), /only ask for baseline/);
    await allowed(['create', '-f', '-'], own({}));
    await refused(['label', 'namespace', 'kube-system', 'a=b'], undefined, /cannot be changed/);
    await refused(
      ['label', 'namespace', 'cosign-system', 'policy.sigstore.dev/include=true', '--overwrite'],
      undefined,
      /cannot be changed/,
    );
  });

  it('keeps learners out of what runs the cluster', async () => {
    const forbidden = /forbidden/i;
    const controller = (await allowed(['-n', 'cosign-system', 'get', 'pods', '-o', 'name'])).trim();
    await refused(['-n', 'cosign-system', 'exec', controller, '--', 'true'], undefined, forbidden);
    await refused(['-n', 'kube-system', 'exec', `etcd-${nodeName(name())}`, '--', 'true'], undefined, forbidden);
    await refused(['-n', 'cosign-system', 'get', 'secrets'], undefined, forbidden);
    await refused(['-n', 'kube-system', 'get', 'secrets'], undefined, forbidden);
    await refused(['-n', 'cosign-system', 'delete', controller], undefined, forbidden);
    await refused(['-n', 'cosign-system', 'delete', 'configmap', 'config-sigstore-keys'], undefined, forbidden);
    await refused(['-n', 'kube-system', 'create', 'token', 'default'], undefined, forbidden);
    await refused(['get', '--raw', `/api/v1/nodes/${nodeName(name())}/proxy/pods`], undefined, forbidden);
    await refused(['delete', 'validatingwebhookconfiguration', 'policy.sigstore.dev'], undefined, forbidden);
    await refused(['delete', 'validatingadmissionpolicy', 'proofground-pod-security'], undefined, forbidden);
    await refused(['create', 'clusterrolebinding', 'own', '--clusterrole=cluster-admin', '--user=learner'], undefined, forbidden);
    await refused(['-n', 'shop', 'create', 'rolebinding', 'own', '--clusterrole=cluster-admin', '--user=learner'], undefined, forbidden);
    await refused(['get', 'pods', '--as=system:admin', '--as-group=system:masters'], undefined, forbidden);
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'own' },
      spec: { externalIPs: ['10.9.8.7'], ports: [{ port: 80 }] },
    };
    await refused(['-n', 'shop', 'create', '-f', '-'], JSON.stringify(service), /external IPs is denied/);
  });

  it('knows no bootstrap token, which kind makes the same everywhere', async () => {
    const { exitCode, said } = await network.kubectl('token', ['get', 'nodes']);
    assert.notEqual(exitCode, 0);
    assert.match(said, /Unauthorized|must be logged in/i);
  });

  it('lets the grader read, and create pods as a dry run only', async () => {
    const asGrader = async (args: readonly string[], stdin?: string) => network.kubectl('grader', args, stdin);
    const create = ['-n', 'shop', 'create', '-o', 'name', '-f', '-'];
    assert.deepEqual(await asGrader([...create, '--dry-run=server'], pod('grade')), { exitCode: 0, said: 'pod/grade\n' });
    assert.match((await asGrader(create, pod('grade'))).said, /only as a dry run/);
    for (const kind of ['clusterimagepolicies', 'namespaces', 'deployments', 'events']) {
      assert.equal((await asGrader(['get', kind, '--all-namespaces'])).exitCode, 0, kind);
    }
    assert.match((await asGrader(['get', 'secrets', '--all-namespaces'])).said, /forbidden/);
    assert.match((await asGrader(['-n', 'shop', 'delete', 'pod', 'hello'])).said, /forbidden/);
  });

  it('wakes from a pause with a ready node', async () => {
    await network.docker.pauseContainer(nodeName(name()));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    await network.docker.unpauseContainer(nodeName(name()));
    await allowed(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=6s']);
    await allowed(['-n', 'shop', 'create', '-f', '-'], pod('awake'));
    await allowed(['-n', 'shop', 'wait', '--for=condition=Ready', 'pod/awake', '--timeout=10s']);
  });

  it('comes back after a restart of the engine, at another address', async () => {
    const node = nodeName(name());
    const address = (await network.docker.inspectContainer(node))?.addresses[network.name] ?? '';
    await network.docker.stopContainer(node);
    await network.docker.runContainer({
      name: `${network.name}-squatter`,
      image: network.images.reference('node'),
      labels: network.labels,
      entrypoint: ['sleep'],
      command: ['infinity'],
      network: { name: network.name, address },
    });
    await network.docker.startContainer(node);
    await eventually(() => allowed(['get', 'namespaces']), 90_000);
    assert.notEqual((await network.docker.inspectContainer(node))?.addresses[network.name], address);
    await eventually(async () => refused(['apply', '-f', '-'], policy('broken', {}), /denied the request/), 60_000);
    await eventually(() => allowed(['-n', 'shop', 'exec', 'awake', '--', 'nslookup', 'registry.lab']), 60_000);
  });

  it('leaves nothing behind', async () => {
    await deleteCluster({ docker: network.docker, name: name() });
    assert.equal(await network.docker.inspectContainer(nodeName(name())), undefined);
    await deleteCluster({ docker: network.docker, name: name() });
    await assert.rejects(
      createCluster({
        docker: network.docker,
        provisioner: network.provisioner,
        name: name(),
        network: 'cluster-test-no-such-network',
        nodeImage: 'cluster-test-no-such-image',
        labels: network.labels,
        labCaPem: network.labCaPem,
        trustedRootJson: '{}',
        limits: {},
        report: () => undefined,
      }),
      { name: 'PlatformError', code: 'sandbox-start-failed' },
    );
  });
});

/** For what takes effect a moment after it was asked for: a policy reaches the webhook within a second or two. */
async function eventually(check: () => Promise<unknown>, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
