import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { RegistryReader } from '../../../src/grading/server/registry-reader.ts';
import { PlatformError } from '../../../src/shared/errors.ts';

type Handler = (response: http.ServerResponse, path: string) => void;

const manifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] });
const manifestDigest = digestOf(manifest);
const handlers = new Map<string, Handler>();
let server: http.Server;
let reader: RegistryReader;

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

before(async () => {
  server = http.createServer((request, response) => {
    const handler = handlers.get(request.url ?? '');
    if (handler === undefined) response.writeHead(404).end();
    else handler(response, request.url ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  class ToServer extends http.Agent {
    override createConnection(
      _options: http.ClientRequestArgs,
      callback?: Parameters<http.Agent['createConnection']>[1],
    ): ReturnType<http.Agent['createConnection']> {
      return super.createConnection({ host: '127.0.0.1', port }, callback);
    }
  }
  reader = new RegistryReader({ agent: new ToServer(), host: 'registry.lab', timeoutMs: 500 });
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function rejectsAsUnreachable(asked: Promise<unknown>, why: RegExp): Promise<void> {
  const startedAt = performance.now();
  await assert.rejects(
    asked,
    (error) => error instanceof PlatformError && error.code === 'registry-unreachable' && why.test(error.message),
  );
  assert.ok(performance.now() - startedAt < 1500, 'it took longer than its limit');
}

describe('a registry that behaves', () => {
  it('answers a tag with the digest of its bytes, and the same for the rest of the check', async () => {
    handlers.set('/v2/good/manifests/v1', (response) => response.end(manifest));
    const first = await reader.manifest('good', 'v1');
    handlers.set('/v2/good/manifests/v1', (response) => response.end('{"layers":[]}'));
    const second = await reader.manifest('good', 'v1');
    assert.equal(first.kind === 'found' && first.value.digest, manifestDigest);
    assert.deepEqual(second, first);
  });

  it('says what it does not have', async () => {
    assert.deepEqual(await reader.manifest('good', 'none'), { kind: 'missing' });
    assert.deepEqual(await reader.tags('none'), []);
    assert.deepEqual(await reader.referrers('none', manifestDigest), []);
  });

  it('lists referrers of the API and of the tagged index, each once', async () => {
    const descriptor = (seed: string): unknown => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(seed),
      size: 1,
    });
    handlers.set(`/v2/both/referrers/${manifestDigest}`, (response) =>
      response.end(JSON.stringify({ manifests: [descriptor('a'), descriptor('b')] })),
    );
    handlers.set(`/v2/both/manifests/${manifestDigest.replace(':', '-')}`, (response) =>
      response.end(JSON.stringify({ manifests: [descriptor('b'), descriptor('c')] })),
    );
    const found = await reader.referrers('both', manifestDigest);
    assert.deepEqual(
      found.map(({ digest }) => digest),
      ['a', 'b', 'c'].map(digestOf),
    );
  });
});

describe('a registry that does not behave', () => {
  it('hangs', async () => {
    handlers.set('/v2/hang/manifests/v1', () => undefined);
    await rejectsAsUnreachable(reader.manifest('hang', 'v1'), /no whole answer/);
  });

  it('sends a drop now and then', async () => {
    handlers.set('/v2/drip/manifests/v1', (response) => {
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
    });
    await rejectsAsUnreachable(reader.manifest('drip', 'v1'), /no whole answer/);
  });

  it('never stops sending', async () => {
    let sent = 0;
    handlers.set('/v2/endless/manifests/v1', (response) => {
      const chunk = Buffer.alloc(256 * 1024, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    assert.equal((await reader.manifest('endless', 'v1')).kind, 'unusable');
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
  });

  it('announces 500 MiB', async () => {
    const digest = digestOf('huge');
    handlers.set(`/v2/huge/blobs/${digest}`, (response) => {
      response.writeHead(200, { 'content-length': String(500 * 1024 * 1024) });
      response.write(Buffer.alloc(2 * 1024 * 1024));
    });
    assert.equal((await reader.blob('huge', digest, 1024 * 1024)).kind, 'unusable');
  });

  it('answers a digest with something else', async () => {
    handlers.set(`/v2/wrong/manifests/${manifestDigest}`, (response) => response.end('{"layers":[]}'));
    handlers.set(`/v2/wrong/blobs/${manifestDigest}`, (response) => response.end('x'));
    await rejectsAsUnreachable(reader.manifest('wrong', manifestDigest), /content of the digest/);
    await rejectsAsUnreachable(reader.blob('wrong', manifestDigest, 100), /content of the digest/);
  });

  it('redirects in circles', async () => {
    handlers.set('/v2/loop/manifests/v1', (response, path) => response.writeHead(307, { location: path }).end());
    await rejectsAsUnreachable(reader.manifest('loop', 'v1'), /answered 307/);
  });

  it('breaks off', async () => {
    handlers.set('/v2/cut/manifests/v1', (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => response.destroy());
    });
    await rejectsAsUnreachable(reader.manifest('cut', 'v1'), /no whole answer/);
  });

  for (const [name, body] of Object.entries({
    text: 'x',
    null: 'null',
    list: '[]',
    'a bad layer': '{"layers":[{"digest":"sha256:zz"}]}',
    deep: '['.repeat(50_000),
  })) {
    it(`holds ${name} as manifest`, async () => {
      const repository = `odd-${name.replaceAll(' ', '-')}`;
      handlers.set(`/v2/${repository}/manifests/v1`, (response) => response.end(body));
      assert.equal((await reader.manifest(repository, 'v1')).kind, 'unusable');
    });
  }
});
