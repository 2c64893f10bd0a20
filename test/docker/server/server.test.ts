import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { defaultCacheDirectory } from '../../../src/engine/server/engine-paths.ts';
import type { Engine } from '../../../src/engine/server/engine.ts';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import { findInstance } from '../../../src/platform/server/data-directory.ts';
import { countOf, instanceObjects } from '../../../src/platform/server/remove-instance.ts';
import type { LabListing } from '../../../src/sessions/lab-listing.ts';
import type { Session, SessionEvent } from '../../../src/sessions/session.ts';
import { Learner } from './learner.ts';
import { runCommand, ServerProcess } from './server-process.ts';

const lab = 'sign-and-verify';

describe('the server', { timeout: 45 * 60_000 }, () => {
  let data = '';
  let server: ServerProcess;
  let learner: Learner;
  let session: Session;
  const commands = (): Record<string, string> => ({ PROOFGROUND_DATA: data });

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'proofground-server-'));
    server = await ServerProcess.start(data);
    learner = await new Learner(() => server.address).signIn();
  });

  after(async () => {
    await server.end('SIGKILL');
    await runCommand('src/cli/down.ts', [], commands());
    await rm(data, { recursive: true, force: true });
  });

  it('refuses a second one on the same data, naming process and address', async () => {
    const second = await runCommand('src/server.ts', [], { ...commands(), PORT: '0' });
    assert.equal(second.code, 1);
    assert.match(second.output, new RegExp(`process ${server.pid}, which serves ${server.address}`));
  });

  it('names a busy port before anything is made', async () => {
    const other = await mkdtemp(join(tmpdir(), 'proofground-server-'));
    const { code, output } = await runCommand('src/server.ts', [], { PROOFGROUND_DATA: other, PORT: new URL(server.address).port });
    assert.equal(code, 1);
    assert.match(output, /port-busy/);
    await rm(other, { recursive: true });
  });

  it('serves pages and lists labs while they are prepared, and then opens them', async () => {
    assert.equal((await fetch(`${server.address}/healthz`)).status, 200);
    await server.ready();
    const labs = await learner.json<LabListing[]>('GET', '/api/v1/labs');
    assert.equal(labs.find(({ id }) => id === lab)?.state, 'published');
    await server.siteBuilt();
    const page = await fetch(`${server.address}/labs/${lab}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/);
  });

  it('starts a lab with its stages, once per learner', async () => {
    session = await learner.json<Session>('POST', '/api/v1/sessions', { lab });
    const again = await learner.request('POST', '/api/v1/sessions', { lab });
    assert.equal(again.status, 200);
    assert.equal(((await again.json()) as Session).id, session.id);
    session = await learner.untilState(session.id, ['ready', 'failed']);
    assert.equal(session.state, 'ready', JSON.stringify(session.failure));
    for (const name of ['network', 'toolbox', 'registry', 'cluster-node']) {
      const stage = session.stages.find((candidate) => candidate.name === name);
      assert.ok(stage?.state === 'done' && stage.elapsedMs > 0, name);
    }
  });

  it('answers unknown labs, sessions and steps with a problem', async () => {
    for (const [path, code, body] of [
      ['/api/v1/sessions', 'lab-not-found', { lab: 'none' }],
      ['/api/v1/sessions/none/extend', 'session-not-found', undefined],
      [`/api/v1/sessions/${session.id}/steps/99-none/check`, 'step-not-found', undefined],
    ] as const) {
      const response = await learner.request('POST', path, body);
      assert.equal(response.status, 404);
      assert.equal(((await response.json()) as { code: string }).code, code);
    }
  });

  it('checks an untouched step from outside and says what it expected and found', async () => {
    const verdict = await learner.json<{ verdict: string; conditions: { expected?: string; found?: string }[] }>(
      'POST',
      `/api/v1/sessions/${session.id}/steps/01-build-and-push/check`,
    );
    assert.equal(verdict.verdict, 'failed', JSON.stringify(verdict));
    const failed = verdict.conditions.find(({ expected }) => expected !== undefined);
    assert.ok(failed?.found);
    const shown = await learner.json<Session>('GET', `/api/v1/sessions/${session.id}`);
    assert.equal(shown.steps[0]?.verdict?.verdict, 'failed');
  });

  it("shows a signature that waits within two seconds, and makes it with the learner's address once approved", async () => {
    const approved = (async () => {
      const stream = learner.follow(session.id);
      const [approval] = (await stream.next(isFilledApprovals)).approvals;
      const delayMs = Date.now() - Date.parse(approval?.requestedAt ?? '');
      assert.ok(delayMs < 3_000, `the card came after ${delayMs} ms`);
      assert.equal((await learner.request('POST', `/api/v1/approvals/${approval?.code ?? ''}`, { decision: 'approve' })).status, 204);
      return approval?.email;
    })();
    const image = 'registry.lab/samples/hello';
    await learner.types(session.id, `cosign sign --yes ${image}@$(crane digest ${image}:v1); echo signed-$?`, /signed-0/);
    const email = await approved;
    const verify = `cosign verify --certificate-identity ${email ?? ''} --certificate-oidc-issuer https://oidc.lab ${image}:v1 > /dev/null; echo verified-$?`;
    await learner.types(session.id, verify, /verified-0/);
  });

  it('keeps shell, files, registry and cluster over a kill -9', async () => {
    await learner.request('PUT', `/api/v1/sessions/${session.id}/files/kept.txt`, Buffer.from('still here'));
    const shellBefore = await learner.types(session.id, 'echo shell-$$-is', /shell-\d+-is/);
    await learner.types(session.id, 'crane copy registry.lab/samples/hello:v1 registry.lab/kept:v1; echo copied-$?', /copied-0/);
    await server.end('SIGKILL');
    server = await ServerProcess.start(data);
    const killedAt = Date.now();
    await server.ready(120_000);
    const resumed = await learner.untilState(session.id, ['ready', 'failed'], 60_000);
    assert.equal(resumed.state, 'ready', JSON.stringify(resumed.failure));
    console.log(`resumed ${Date.now() - killedAt} ms after the start`);
    assert.equal(await learner.types(session.id, 'echo shell-$$-is', /shell-\d+-is/), shellBefore);
    assert.equal(await (await learner.request('GET', `/api/v1/sessions/${session.id}/files/kept.txt`)).text(), 'still here');
    await learner.types(session.id, 'crane digest registry.lab/kept:v1 > /dev/null; echo registry-$?', /registry-0/);
    await learner.types(session.id, 'kubectl get namespace shop > /dev/null; echo cluster-$?', /cluster-0/);
  });

  it('is found healthy by the doctor', async () => {
    const { code, output } = await runCommand('src/cli/doctor.ts', ['--json'], commands());
    const { findings } = JSON.parse(output) as { findings: { name: string; state: string; found: string }[] };
    assert.equal(code, 0, output);
    assert.equal(findings.find(({ name }) => name === 'leaks')?.found, 'none');
    assert.ok(findings.some(({ name }) => name.startsWith('signing: ')));
  });

  it('ends a session with all that belonged to it', async () => {
    assert.equal((await learner.request('DELETE', `/api/v1/sessions/${session.id}`)).status, 204);
    assert.equal((await learner.json<Session>('GET', `/api/v1/sessions/${session.id}`)).state, 'ended');
  });

  it('stops cleanly at SIGTERM, and down leaves nothing of the instance', async () => {
    assert.equal(await server.end('SIGTERM'), 0);
    const instance = (await findInstance(data)) ?? '';
    const { code, output } = await runCommand('src/cli/down.ts', [], commands());
    assert.equal(code, 0, output);
    const engine = await findOrStartEngine({ cacheDirectory: defaultCacheDirectory(process.env), report: () => undefined });
    assert.equal(countOf(await instanceObjects(engine.docker, instance)), 0);
  });
});

describe('a lost engine', { timeout: 20 * 60_000 }, () => {
  it('fails the session with stage and cause; when it is back, the retry works', async () => {
    const engine = await findOrStartEngine({ cacheDirectory: defaultCacheDirectory(process.env), report: () => undefined });
    const data = await mkdtemp(join(tmpdir(), 'proofground-server-'));
    await using relay = await engineRelay(engine);
    const server = await ServerProcess.start(data, { DOCKER_HOST: relay.dockerHost });
    try {
      await server.ready();
      const learner = await new Learner(() => server.address).signIn();
      const { id } = await learner.json<Session>('POST', '/api/v1/sessions', { lab });
      await learner.untilState(id, ['starting']);
      await relay.cut();
      const failed = await learner.untilState(id, ['failed'], 60_000);
      assert.ok(failed.failure?.stage);
      assert.match(failed.failure.detail, /engine|ECONN|ENOENT|socket/i);
      // An engine that stops takes its containers along; the provisioner would hold the old socket otherwise.
      await engine.docker.stopContainer(`pg-${(await findInstance(data)) ?? ''}-provisioner`);
      await relay.restore();
      await server.ready(120_000);
      assert.equal((await learner.request('POST', `/api/v1/sessions/${id}/reset`)).status, 202);
      const again = await learner.untilState(id, ['ready', 'failed']);
      assert.equal(again.state, 'ready', JSON.stringify(again.failure));

      await relay.cut();
      const lost = await learner.untilState(id, ['failed'], 60_000);
      assert.deepEqual([lost.failure?.code, lost.failure?.stage], ['engine-failed', 'engine']);
      assert.notEqual((await fetch(`${server.address}/readyz`)).status, 200);
      await relay.restore();
      await server.ready(120_000);
    } finally {
      await server.end('SIGTERM');
      await runCommand('src/cli/down.ts', [], { PROOFGROUND_DATA: data });
      await rm(data, { recursive: true, force: true });
    }
  });
});

function isFilledApprovals(event: SessionEvent): event is Extract<SessionEvent, { type: 'approvals' }> {
  return event.type === 'approvals' && event.approvals.length > 0;
}

interface EngineRelay extends AsyncDisposable {
  readonly dockerHost: string;
  /** As an engine that stops: connections break, new ones are refused. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** A socket beside the engine's own that passes everything on until it is cut. */
async function engineRelay({ dockerHost }: Engine): Promise<EngineRelay> {
  const target = new URL(dockerHost).pathname;
  const path = join(dirname(target), `relay-${process.pid}.sock`);
  const open = new Set<Socket>();
  let server: Server | undefined;
  const restore = async (): Promise<void> => {
    // A command whose input has ended still writes: each direction ends on its own.
    server = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ path: target, allowHalfOpen: true });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        open.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          open.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
  };
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server?.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  await restore();
  return { dockerHost: `unix://${path}`, cut, restore, [Symbol.asyncDispose]: cut };
}
