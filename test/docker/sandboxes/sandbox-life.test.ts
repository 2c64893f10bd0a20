import assert from 'node:assert/strict';
import http from 'node:http';
import { test, type TestContext } from 'node:test';
import { createDockerDriver } from '../../../src/sandboxes/server/docker-driver.ts';
import { removeLeftovers } from '../../../src/sandboxes/server/remove-leftovers.ts';
import type { ReadySandbox } from '../../../src/sandboxes/server/sandbox-driver.ts';
import { SandboxStartError } from '../../../src/sandboxes/server/sandbox-start-error.ts';
import type { StageEvent } from '../../../src/shared/progress.ts';
import { channelVersion, decodeFromHost, encodeToHost } from '../../../src/terminal/channel-protocol.ts';
import { testPlatform, type TestPlatform } from '../../support/platform.ts';

/** Exit code and what was said, for one comparison that shows all of it when it fails. */
async function run(sandbox: ReadySandbox, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.exec(['bash', '-c', script]);
  return `${exitCode} ${stdout.toString('utf8')}${stderr.toString('utf8')}`.trim();
}

/** Starts 600 processes where 512 are allowed, and tells how many were refused. */
const forkBomb = `
const { spawn } = require("node:child_process");
let refused = 0;
const children = Array.from({ length: 600 }, () => spawn("sleep", ["60"]).on("error", () => (refused += 1)));
setTimeout(() => { for (const child of children) child.kill(); console.log("refused", refused); process.exit(0); }, 1000);
`;

test('a sandbox without a cluster', { timeout: 600_000 }, async (t) => {
  await using platform = await testPlatform();
  const stages: StageEvent[] = [];
  const startedAt = performance.now();
  const request = {
    needs: ['registry', 'builder', 'sigstore'] as const,
    variables: { 'session.id': 'abc' },
    files: [
      { path: '/home/learner/lab/app/Dockerfile', contents: 'FROM registry.lab/base/busybox:1.37\nRUN echo built >/tmp/built\n' },
      { path: '/home/learner/lab/run.sh', contents: '#!/bin/sh\necho ran\n', mode: 0o755 },
    ],
  };
  await using started = await platform.startSandbox(request, (event) => stages.push(event));
  const { sandbox } = started;
  t.diagnostic(`ready after ${Math.round(performance.now() - startedAt)} ms`);

  await t.test('reports every stage with its time', () => {
    const done = stages.filter((stage) => stage.state === 'done').map((stage) => stage.stage);
    assert.deepEqual(done.toSorted(), ['builder', 'files', 'link', 'network', 'registry', 'toolbox']);
    for (const { stage, elapsedMs } of stages.filter(({ state }) => state === 'done')) t.diagnostic(`${stage} ${elapsedMs} ms`);
  });

  await t.test('runs the learner without privileges and within limits', async () => {
    assert.equal(await run(sandbox, 'id -un; pwd'), '0 learner\n/home/learner/lab');
    const status = await run(sandbox, 'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status | tr -d "\\t"');
    assert.equal(status, '0 CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1');
    assert.match(await run(sandbox, 'touch /etc/proofground/x /usr/local/bin/cosign'), /^1 .*Permission denied/s);
    assert.match(await run(sandbox, `node -e '${forkBomb}'`), /^0 refused [1-9]/, 'more processes than the limit could be started');
    assert.equal(
      await run(sandbox, 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true'),
      '0 1073741824',
    );
  });

  await t.test('holds the lab’s files as the learner’s own', async () => {
    assert.equal(await run(sandbox, './run.sh; stat -c "%U %a" run.sh app app/Dockerfile'), '0 ran\nlearner 755\nlearner 755\nlearner 644');
    const session = await sandbox.readFile('/etc/proofground/session.json', 4096);
    assert.ok(session.kind === 'file');
    assert.deepEqual(JSON.parse(session.contents.toString('utf8')), {
      session: sandbox.sessionId,
      learner: { email: 'ada@learners.lab' },
      variables: { 'session.id': 'abc' },
    });
  });

  await t.test('builds, pushes and pulls over TLS without any insecure flag', async () => {
    const build = await sandbox.exec(['docker', 'build', '-t', 'registry.lab/shop/app:v1', '--push', 'app'], { timeoutMs: 120_000 });
    assert.equal(build.exitCode, 0, build.stderr.toString('utf8'));
    const inside = await run(sandbox, 'crane digest registry.lab/shop/app:v1');
    assert.match(inside, /^0 sha256:[0-9a-f]{64}$/);
    const outside = await sandbox.execInLink(['crane', 'digest', 'registry.lab/shop/app:v1']);
    assert.equal(`0 ${outside.stdout.toString('utf8').trim()}`, inside);
    assert.equal(
      await run(sandbox, 'crane export --platform "linux/$(dpkg --print-architecture)" registry.lab/shop/app:v1 - | tar -xO tmp/built'),
      '0 built',
    );
  });

  await t.test('reaches the signing services, and they see the address of its link', async () => {
    const issuer = await run(sandbox, 'curl -sSf https://oidc.lab/.well-known/openid-configuration | jq -r .issuer');
    assert.equal(issuer, '0 https://oidc.lab');
    assert.match(sandbox.linkAddress, /^\d+(\.\d+){3}$/);
    const code = await run(
      sandbox,
      'curl -sSf https://oidc.lab/device/auth -d client_id=sigstore -d scope="openid email" | jq -r .user_code',
    );
    const pending = await platform.trust.pendingApprovals(sandbox.linkAddress);
    assert.deepEqual(
      pending.map((approval) => `0 ${approval.code}`),
      [code],
    );
  });

  await t.test('answers to its agent', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const request = http.get({ host: 'registry.lab', path: '/v2/', agent: sandbox.agentFor('registry.lab:443') }, (response) => {
        response.setEncoding('utf8').on('data', resolve).on('error', reject);
      });
      request.on('error', reject);
    });
    assert.match(answer, /HTTP request to an HTTPS server/, 'it is the registry’s own TLS port that answers');
  });

  await t.test('opens the channel to its terminals', async () => {
    const channel = await sandbox.openPtyHost();
    channel.input.write(encodeToHost({ kind: 'hello', version: channelVersion }));
    const answer = await new Promise<Buffer>((resolve) => channel.output.once('data', resolve));
    channel.close();
    assert.deepEqual(decodeFromHost(answer.subarray(4)), { kind: 'welcome', version: channelVersion, terminals: [] });
  });

  await hostileAnswers(t, sandbox);
  await lifeCycle(t, platform, sandbox);
});

async function hostileAnswers(t: TestContext, sandbox: ReadySandbox): Promise<void> {
  await t.test('bounds what comes out of it', async () => {
    const endless = await sandbox.exec(['yes'], { maxBytes: 10_000, timeoutMs: 5000 });
    assert.equal(endless.truncated, true);
    assert.ok(endless.stdout.length <= 10_000);
    const startedAt = performance.now();
    const hanging = await sandbox.exec(['sleep', '1000'], { timeoutMs: 1000 });
    assert.deepEqual([hanging.timedOut, hanging.exitCode], [true, -1]);
    assert.ok(performance.now() - startedAt < 5000);
    assert.doesNotMatch(await run(sandbox, 'pgrep -a sleep'), /sleep 1000/, 'the command itself is ended as well');
    assert.match(await run(sandbox, 'rm -rf ~/lab; exec true'), /^0/);
    assert.match(await run(sandbox, 'true'), /^125 .*cannot change directory/, 'a removed lab folder is the learner’s matter');
    await sandbox.putFiles([]);
    assert.equal(await run(sandbox, 'pwd'), '0 /home/learner/lab');
  });

  await t.test('tells files, links, folders, giants and nothing apart', async () => {
    await run(sandbox, 'echo hi >f; ln -s /etc/passwd l; ln -s loop loop; mkfifo pipe; mkdir d; truncate -s 500G giant');
    const kinds = await Promise.all(
      ['f', 'l', 'l/', 'loop', 'loop/x', 'pipe', 'd', 'f/x', 'giant', 'none', 'n'.repeat(300), '../../../dev/zero'].map(async (name) => {
        const read = await sandbox.readFile(`/home/learner/lab/${name}`, 1000);
        return `${name.slice(0, 20)} ${read.kind}`;
      }),
    );
    assert.deepEqual(kinds, [
      'f file',
      'l not-a-file',
      'l/ not-a-file',
      'loop not-a-file',
      'loop/x not-a-file',
      'pipe not-a-file',
      'd not-a-file',
      'f/x missing',
      'giant too-large',
      'none missing',
      `${'n'.repeat(20)} missing`,
      '../../../dev/zero not-a-file',
    ]);
    const { files, complete } = await sandbox.listFiles('.');
    assert.equal(complete, true);
    assert.deepEqual(files.map(({ path, kind }) => `${path} ${kind}`).toSorted(), [
      'd directory',
      'f file',
      'giant file',
      'l symlink',
      'loop symlink',
      'pipe other',
    ]);
  });

  await t.test('writes only where the learner may', async () => {
    await run(sandbox, 'ln -s /etc trap');
    await assert.rejects(sandbox.putFiles([{ path: '/home/learner/lab/trap/passwd', contents: 'root::0:0::/:/bin/sh' }]), {
      code: 'file-unwritable',
    });
    await assert.rejects(sandbox.putFiles([{ path: '/etc/proofground/trusted_root.json', contents: '{}' }]), { code: 'file-unwritable' });
    await sandbox.putFiles([{ path: '/home/learner/lab/l', contents: 'replaced' }]);
    assert.equal(await run(sandbox, 'cat l; head -c 4 /etc/passwd'), '0 replacedroot', 'a link in the way is replaced, not followed');
  });
}

async function lifeCycle(t: TestContext, platform: TestPlatform, sandbox: ReadySandbox): Promise<void> {
  await t.test('is adopted by the next server from its labels alone', async () => {
    const next = createDockerDriver({ ...platform, trust: platform.trust });
    const adopted = await next.adopt(sandbox.id);
    assert.ok(adopted !== undefined);
    const facts = ({ id, sessionId, needs, learner, linkAddress }: ReadySandbox): unknown => ({
      id,
      sessionId,
      needs: needs.toSorted(),
      learner,
      linkAddress,
    });
    assert.deepEqual(facts(adopted), facts(sandbox));
    assert.equal(await run(adopted, 'crane digest registry.lab/shop/app:v1 | cut -c 1-7'), '0 sha256:');
    assert.equal(await next.adopt('nosuchone'), undefined);
  });

  await t.test('sleeps and wakes with everything kept', async () => {
    const { driver } = platform;
    const stateOf = async (): Promise<string | undefined> => (await driver.list()).find(({ id }) => id === sandbox.id)?.state;
    await driver.pause(sandbox.id);
    assert.equal(await stateOf(), 'paused');
    await driver.pause(sandbox.id);
    assert.ok((await driver.adopt(sandbox.id)) !== undefined, 'a sleeping sandbox can be adopted');
    await driver.resume(sandbox.id);
    await driver.resume(sandbox.id);
    assert.equal(await stateOf(), 'running');
    assert.equal(await run(sandbox, 'echo awake'), '0 awake');
    await assert.rejects(driver.pause('nosuchone'), { code: 'sandbox-gone' });
    assert.ok((await sandbox.memory()) > 10_000_000);
  });

  await t.test('is kept by the reaper while somebody knows it, and leaves nothing when nobody does', async () => {
    assert.deepEqual(await removeLeftovers(platform.driver, new Set([sandbox.id])), []);
    assert.equal(await run(sandbox, 'echo alive'), '0 alive');
    assert.deepEqual(await removeLeftovers(platform.driver, new Set()), [sandbox.id]);
    assert.deepEqual(await platform.sandboxObjects(), []);
    await platform.driver.stop(sandbox.id);
  });

  await t.test('that cannot start says which part failed and leaves nothing', async () => {
    const images = { reference: (name: 'registry') => platform.images.reference(name === 'registry' ? 'base' : name) };
    const broken = createDockerDriver({ ...platform, images });
    const failure = await broken
      .start(
        { id: 'broken000001', sessionId: 's', needs: ['registry'], learner: { email: 'a@b.lab' }, variables: {}, files: [] },
        () => undefined,
      )
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    assert.ok(failure instanceof SandboxStartError);
    assert.equal(failure.stage, 'registry');
    assert.match(failure.message, /The stage "registry" failed: .*-registry has ended/);
    assert.deepEqual(await platform.sandboxObjects(), []);
  });

  await t.test('that is stopped while it starts leaves nothing', async () => {
    const id = 'hasty0000001';
    const start = platform.startSandbox({ id, needs: ['registry', 'builder'] });
    const outcome = start.then(
      () => 'started',
      () => 'failed',
    );
    while ((await platform.sandboxObjects()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await platform.driver.stop(id);
    assert.equal(await outcome, 'failed');
    assert.deepEqual(await platform.sandboxObjects(), []);
  });
}
