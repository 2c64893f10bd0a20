import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { createDockerDriver } from '../../../src/sandboxes/server/docker-driver.ts';
import { memberName, networkName } from '../../../src/sandboxes/server/sandbox-labels.ts';
import type { StageEvent } from '../../../src/shared/progress.ts';
import { testPlatform } from '../../support/platform.ts';

test('a sandbox with a cluster', { timeout: 900_000 }, async (t) => {
  await using platform = await testPlatform();
  const stages: StageEvent[] = [];
  const startedAt = performance.now();
  const request = { needs: ['registry', 'builder', 'cluster', 'sigstore'] as const, expectedMs: { 'cluster-node': 4321 } };
  await using started = await platform.startSandbox(request, (event) => stages.push(event));
  const { sandbox } = started;
  t.diagnostic(`ready after ${Math.round(performance.now() - startedAt)} ms`);
  for (const { stage, elapsedMs } of stages.filter(({ state }) => state === 'done')) t.diagnostic(`${stage} ${elapsedMs} ms`);

  const kubectl = async (...words: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await sandbox.exec(['kubectl', ...words]);
    return `${exitCode} ${stdout.toString('utf8')}${stderr.toString('utf8')}`.trim();
  };

  await t.test('reports the cluster’s stages with what they took before', () => {
    const node = stages.find(({ stage, state }) => stage === 'cluster-node' && state === 'done');
    assert.equal(node?.expectedMs, 4321);
    assert.ok(stages.some(({ stage, state }) => stage === 'cluster-admission' && state === 'done'));
  });

  await t.test('gives the learner kubectl without being asked for anything', async () => {
    assert.match(await kubectl('get', 'namespace', 'shop', '-o', 'name'), /^0 namespace\/shop$/);
    assert.match(await kubectl('auth', 'can-i', 'create', 'clusterimagepolicies.policy.sigstore.dev'), /^0 yes$/m);
    assert.match(await kubectl('auth', 'can-i', '*', '*'), /no/);
  });

  await t.test('runs an image from its own registry', async () => {
    const image = 'registry.lab/base/busybox:1.37';
    assert.match(await kubectl('run', 'hello', '-n', 'shop', `--image=${image}`, '--restart=Never', '--', 'sleep', '600'), /^0 /);
    assert.match(await kubectl('wait', '-n', 'shop', '--for=condition=Ready', 'pod/hello', '--timeout=60s'), /^0 .*condition met$/);
  });

  await t.test('keeps even the node’s own root off the host, with routes of its making', async (own) => {
    const server = createServer((socket) => socket.end('you should not see this\n'));
    await new Promise<void>((resolve) => server.listen(0, '::', resolve));
    own.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const host = Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).flatMap(({ address, family, internal }) => (internal || family === 'IPv6' ? [] : address)),
    );
    const knock = (address: string): string =>
      `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null && echo open || echo closed`;
    const linkAddress = (await platform.engine.docker.inspectContainer(memberName(platform.instance, sandbox.id, 'link')))?.addresses[
      networkName(platform.instance, sandbox.id)
    ];
    const routes = [`ip route replace default via ${linkAddress} dev eth0`, 'ip route replace default dev eth0'];
    const script = routes.flatMap((route) => [`${route} || echo route refused`, ...host.map(knock), knock(sandbox.linkAddress)]).join('\n');
    const node = `${memberName(platform.instance, sandbox.id, 'cluster')}-control-plane`;
    const { stdout } = await platform.engine.docker.exec(node, { command: ['bash', '-c', `${script}\nip route del default`] });
    assert.deepEqual(new Set(stdout.toString('utf8').trim().split('\n')), new Set(['closed']));
  });

  await t.test('is adopted with access to its cluster, asleep or not', async () => {
    const next = createDockerDriver({ ...platform });
    await platform.driver.pause(sandbox.id);
    const asleep = await next.adopt(sandbox.id);
    await platform.driver.resume(sandbox.id);
    assert.deepEqual(asleep?.cluster, sandbox.cluster);
    assert.match(await kubectl('get', 'pod', 'hello', '-n', 'shop', '-o', 'jsonpath={.status.phase}'), /^0 Running$/);
  });

  await t.test('leaves nothing when it is stopped', async () => {
    t.diagnostic(`memory ${Math.round((await sandbox.memory()) / 2 ** 20)} MiB`);
    await platform.driver.stop(sandbox.id);
    assert.deepEqual(await platform.sandboxObjects(), []);
  });
});
