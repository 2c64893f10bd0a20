import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { allowedOrigins, configurationTable, readConfig } from '../../../src/platform/server/config.ts';

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const config = readConfig({ PATH: '/bin' });
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 4321);
    assert.equal(config.dataDirectory, resolve('.proofground'));
    assert.equal(config.sessionMs, 7_200_000);
  });

  it('names every bad value and every unknown setting', () => {
    const bad = {
      PORT: '80x',
      LOG_LEVEL: 'loud',
      PROOFGROUND_MAX_SANDBOXES: '0',
      PROOFGROUND_PROT: '1',
      DOCKER_HOST: 'somewhere',
      PROOFGROUND_ORIGIN: 'https://a/b',
    };
    assert.throws(
      () => readConfig(bad),
      (error: Error) => {
        assert.deepEqual(
          Object.keys(bad).filter((name) => !error.message.includes(name)),
          [],
        );
        return 'code' in error && error.code === 'configuration-invalid';
      },
    );
  });

  it('knows the origins that browsers may come from', () => {
    assert.deepEqual(allowedOrigins(readConfig({ PROOFGROUND_ORIGIN: 'https://learn.example.org/' }), 1), ['https://learn.example.org']);
    const own = allowedOrigins(readConfig({}), 4321);
    assert.ok(own.includes('http://127.0.0.1:4321') && own.includes('http://localhost:4321'));
    assert.ok(!own.includes('http://127.0.0.1:4322'));
  });

  it('is documented setting by setting', () => {
    const names = configurationTable.map(({ name }) => name);
    for (const name of ['HOST', 'PORT', 'PROOFGROUND_DATA', 'DOCKER_HOST', 'NO_COLOR']) assert.ok(names.includes(name), name);
    for (const { meaning } of configurationTable) assert.match(meaning, /\.$/);
  });
});
