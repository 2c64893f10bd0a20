import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findOrStartEngine } from '../../../src/engine/server/find-engine.ts';
import { newId } from '../../../src/shared/server/ids.ts';

/** Answers like an engine that says these things of itself and runs nothing. */
function engineThatSays(version: object, info: object): Server {
  return createServer((request, response) => {
    const path = request.url ?? '';
    const answer = path.includes('/version') ? version : path.includes('/info') ? info : undefined;
    response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: 'unable to apply caps: operation not permitted' }));
  });
}

const good = {
  version: { Version: '28.0.0', ApiVersion: '1.48', Os: 'linux', Arch: 'amd64' },
  info: { ID: 'x', SecurityOptions: ['name=seccomp'] },
};

describe('an engine that DOCKER_HOST names', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofground-find-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const find = (dockerHost: string): Promise<unknown> =>
    findOrStartEngine({ cacheDirectory: join(folder, 'cache'), environment: { DOCKER_HOST: dockerHost }, report: () => undefined });

  it('is refused by name when nothing answers, and no other is taken instead', async () => {
    const dockerHost = `unix://${folder}/nothing.sock`;
    await assert.rejects(find(dockerHost), (error: Error & { code: string }) => {
      assert.equal(error.code, 'engine-unavailable');
      assert.ok(error.message.includes(dockerHost) && error.message.includes('Start that engine, correct DOCKER_HOST, or unset it.'));
      return true;
    });
  });

  it('is refused when it is no address', async () => {
    await assert.rejects(find('ssh://somewhere'), { code: 'configuration-invalid' });
  });

  const refusals: Record<string, { version?: object; info?: object; reason: RegExp }> = {
    'its API is too old': { version: { ApiVersion: '1.41' }, reason: /its API is 1\.41, expected 1\.44/ },
    'it runs Windows containers': { version: { Os: 'windows' }, reason: /it runs windows containers, expected linux/ },
    'it is rootless': { info: { SecurityOptions: ['name=rootless'] }, reason: /it is rootless/ },
    'it does not run privileged containers': { reason: /does not run privileged containers: .*unable to apply caps/ },
  };
  for (const [fault, { version, info, reason }] of Object.entries(refusals)) {
    it(`is refused when ${fault}`, async () => {
      // A path for each, since connections to the same one are kept and used again.
      const socket = join(folder, `${newId()}.sock`);
      const server = engineThatSays({ ...good.version, ...version }, { ...good.info, ...info });
      server.listen(socket);
      await once(server, 'listening');
      try {
        await assert.rejects(find(`unix://${socket}`), { code: 'engine-unavailable', message: reason });
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    });
  }
});
