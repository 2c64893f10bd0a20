import assert from 'node:assert/strict';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { memberName } from '../../../src/sandboxes/server/sandbox-labels.ts';
import { bridgeName } from '../../../src/sandboxes/server/host-shield.ts';
import type { ReadySandbox } from '../../../src/sandboxes/server/sandbox-driver.ts';
import { testPlatform, type TestPlatform } from '../../support/platform.ts';

/** A TCP connection by bash alone; `open` when it was made. Raw so that no tool's own rules play a part. */
function knock(host: string, port: number): string {
  return `timeout 2 bash -c 'exec 3<>/dev/tcp/${host}/${port}' 2>/dev/null && echo open || echo closed`;
}

/** A listener on every address of this machine, which is where the engine runs. */
async function listenEverywhere(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end('you should not see this\n'));
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { server, port: address.port };
}

function hostAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, internal }) => (internal ? [] : address)),
  );
}

test('a sandbox is closed to everything but its own link', { timeout: 600_000 }, async (t) => {
  await using platform = await testPlatform();
  const needs = ['registry', 'builder', 'sigstore'] as const;
  await using own = await platform.startSandbox({ needs });
  await using other = await platform.startSandbox({ needs: ['registry', 'sigstore'], learner: { email: 'eve@learners.lab' } });
  const { server, port } = await listenEverywhere();
  t.after(() => server.close());
  const { sandbox } = own;
  const otherRegistry = await addressOf(platform, other.sandbox, 'registry');
  const targets: [what: string, host: string, port: number][] = [
    ...hostAddresses().map((address): [string, string, number] => [`the host at ${address}`, address, port]),
    [
      'the gateway address of its own network',
      (await addressOf(platform, sandbox, 'link')).replace(/\d+$/, (last) => `${Number(last) - 1}`),
      port,
    ],
    ['the registry of another sandbox', otherRegistry, 443],
    ['the link of another sandbox on the platform network', other.sandbox.linkAddress, 443],
    ['its own link’s address on the platform network', sandbox.linkAddress, 443],
    ['the metadata service', '169.254.169.254', 80],
    ['the internet', '1.1.1.1', 443],
    ...(await platformAddresses(platform)).map((address): [string, string, number] => ['a service of the platform', address, 443]),
  ];

  await t.test('the probe itself can tell open from closed', async () => {
    const seen = await new Promise<string>((resolve, reject) => {
      connect(port, hostAddresses()[0])
        .on('data', (data) => resolve(data.toString('utf8')))
        .on('error', reject);
    });
    assert.match(seen, /you should not see this/, 'the listener does not answer this machine itself');
    const { stdout } = await sandbox.exec([
      'bash',
      '-c',
      `${knock('registry.lab', 443)}; ${knock('oidc.lab', 443)}; ${knock('oidc.lab', 80)}`,
    ]);
    assert.equal(stdout.toString('utf8'), 'open\nopen\nclosed\n');
  });

  for (const member of ['toolbox', 'builder'] as const) {
    await t.test(`from the ${member} nothing else can be reached`, async () => {
      const container = memberName(platform.instance, sandbox.id, member);
      const script = targets.map(([, host, targetPort]) => knock(host, targetPort)).join('\n');
      const { stdout } = await platform.engine.docker.exec(container, { command: ['bash', '-c', script], timeoutMs: 120_000 });
      const states = stdout.toString('utf8').trim().split('\n');
      assert.deepEqual(
        targets.map(([what], index) => `${what}: ${states[index]}`),
        targets.map(([what]) => `${what}: closed`),
      );
    });

    await t.test(`in the ${member} there is no engine socket and no file of the host`, async () => {
      const container = memberName(platform.instance, sandbox.id, member);
      const { stdout } = await platform.engine.docker.exec(container, {
        command: [
          'sh',
          '-c',
          'find / -xdev -type s -name "*docker*" 2>/dev/null; grep -E "docker\\.sock|proofground/[0-9a-f]{8}" /proc/mounts; echo end',
        ],
      });
      assert.equal(stdout.toString('utf8'), 'end\n');
    });
  }

  await t.test('a privileged member that turns IPv6 on still cannot reach the host', async () => {
    const bridge = networkInterfaces()[bridgeName(platform.instance, sandbox.id)]?.find(({ family }) => family === 'IPv6')?.address;
    if (bridge === undefined) return t.diagnostic('the bridge has no IPv6 address here');
    const attempt = `echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; sleep 2; ${knock(`${bridge}%eth0`, port)}`;
    const container = memberName(platform.instance, sandbox.id, 'builder');
    const { stdout } = await platform.engine.docker.exec(container, { command: ['bash', '-c', attempt], timeoutMs: 20_000 });
    assert.equal(stdout.toString('utf8').trim(), 'closed');
  });

  await t.test('a build step sees no more than the builder, and cannot ask for more rights', async () => {
    const host = hostAddresses().find((address) => /^\d/.test(address)) ?? '127.0.0.1';
    const dockerfile = [
      'FROM registry.lab/base/busybox:1.37',
      'USER 0',
      `RUN for target in ${host}:${port} 1.1.1.1:443 169.254.169.254:80 ${otherRegistry}:443; do \\`,
      '  if timeout 2 nc -w 2 "${target%:*}" "${target#*:}" </dev/null; then echo "REACHED $target" >>/tmp/reached; fi; done; \\',
      '  grep CapEff /proc/self/status >/tmp/caps; test ! -e /tmp/reached',
    ];
    await sandbox.putFiles([{ path: '/home/learner/lab/escape/Dockerfile', contents: `${dockerfile.join('\n')}\n` }]);
    const build = await sandbox.exec(['docker', 'build', '-t', 'registry.lab/escape:1', '--push', 'escape'], { timeoutMs: 120_000 });
    assert.equal(build.exitCode, 0, build.stderr.toString('utf8'));
    const caps = await sandbox.exec(['bash', '-c', 'crane export registry.lab/escape:1 - | tar -xO tmp/caps']);
    const effective = BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(caps.stdout.toString('utf8'))?.[1] ?? 'ffffffffffffffff'}`);
    for (const [name, bit] of [
      ['NET_ADMIN', 12n],
      ['SYS_MODULE', 16n],
      ['SYS_PTRACE', 19n],
      ['SYS_ADMIN', 21n],
    ] as const) {
      assert.equal((effective >> bit) & 1n, 0n, `a build step has CAP_${name}`);
    }
    const greedy = await sandbox.exec(['docker', 'buildx', 'build', '--allow', 'security.insecure', 'escape'], { timeoutMs: 60_000 });
    assert.notEqual(greedy.exitCode, 0);
    assert.match(greedy.stderr.toString('utf8'), /security\.insecure is not allowed/);
    const hostNetwork = await sandbox.exec(['docker', 'buildx', 'build', '--allow', 'network.host', 'escape'], { timeoutMs: 60_000 });
    assert.notEqual(hostNetwork.exitCode, 0);
  });
});

async function addressOf(platform: TestPlatform, sandbox: ReadySandbox, member: 'link' | 'registry'): Promise<string> {
  const found = await platform.engine.docker.inspectContainer(memberName(platform.instance, sandbox.id, member));
  const address = found?.addresses[`pg-${platform.instance}-${sandbox.id}`];
  assert.ok(address !== undefined && address !== '');
  return address;
}

async function platformAddresses(platform: TestPlatform): Promise<string[]> {
  const services = await platform.engine.docker.listContainers({ 'dev.proofground.instance': platform.instance });
  const addresses = services.flatMap(({ labels, addresses: all }) =>
    labels['dev.proofground.sandbox'] === undefined ? Object.values(all) : [],
  );
  return addresses.filter((address) => address !== '');
}
