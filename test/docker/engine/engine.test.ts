import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { StageEvent } from '../../../src/shared/progress.ts';
import { defaultCacheDirectory } from '../../../src/engine/server/engine-paths.ts';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import { probeEngine } from '../../../src/engine/server/probe-engine.ts';

const cacheDirectory = defaultCacheDirectory(process.env);

describe('the engine', () => {
  it('is found, runs privileged containers, and is the same one the second time', async () => {
    const events: StageEvent[] = [];
    const first = await findOrStartEngine({ cacheDirectory, report: (event) => events.push(event) });
    const startedAt = performance.now();
    const second = await findOrStartEngine({ cacheDirectory, report: () => undefined });
    const elapsedMs = performance.now() - startedAt;
    const [one, other] = await Promise.all([probeEngine(first.docker), probeEngine(second.docker)]);
    assert.ok(one.usable && other.usable);
    assert.equal(one.info.id, other.info.id);
    assert.equal(first.dockerHost, second.dockerHost);
    assert.ok(elapsedMs < 10_000, `the second time took ${Math.round(elapsedMs)} ms`);
    assert.equal(events[0]?.stage, 'find-engine');
    assert.deepEqual([events[0]?.state, events.at(-1)?.state], ['running', 'done']);
  });

  it('leaves no probe container behind', async () => {
    const { docker } = await findOrStartEngine({ cacheDirectory, report: () => undefined });
    await probeEngine(docker);
    assert.deepEqual(await docker.listContainers({ 'dev.proofground.probe': '' }), []);
  });

  it('answers on the socket that containers get', { skip: process.platform !== 'linux' }, async () => {
    const engine = await findOrStartEngine({ cacheDirectory, report: () => undefined });
    if (engine.dockerHost.startsWith('unix://')) await access(engine.socketOnEngine);
  });

  it('is the same one when DOCKER_HOST names it', async () => {
    const found = await findOrStartEngine({ cacheDirectory, report: () => undefined });
    const environment = { DOCKER_HOST: found.dockerHost };
    const named = await findOrStartEngine({ cacheDirectory, environment, report: () => undefined });
    assert.equal((await named.docker.info()).id, (await found.docker.info()).id);
    assert.equal(named.kind, found.kind);
  });
});
