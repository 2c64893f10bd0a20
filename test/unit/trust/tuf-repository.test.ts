import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { initTUF } from '@sigstore/tuf';
import { createVerifier, type Bundle } from 'sigstore';
import { createTufHandler } from '../../../src/trust/container/tuf/tuf-routes.ts';
import { signRoot } from '../../../src/trust/container/tuf/tuf-metadata.ts';
import { TufRepository, type TufRepositoryOptions } from '../../../src/trust/container/tuf/tuf-repository.ts';
import { RequestRefused, sendError } from '../../../src/trust/container/http-answers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { createTestSigstore } from '../../support/test-sigstore.ts';

const rootKey = newKey();
const onlineKey = newKey();
const dayMs = 86_400_000;

describe('TUF repository', () => {
  it('is one from which a TUF client gets the target', async () => {
    await using directory = await temporaryDirectory();
    await using mirror = await serve(await TufRepository.open(options(directory.path)));
    assert.equal(await fetchTarget(mirror.url, directory.path), '{"a":1}');
  });

  it('gives the sigstore client all that it needs to verify a bundle, and to refuse a wrong signer', async () => {
    await using directory = await temporaryDirectory();
    const sigstore = await createTestSigstore();
    const targets = new Map([['trusted_root.json', Buffer.from(JSON.stringify(sigstore.trustedRoot))]]);
    await using mirror = await serve(await TufRepository.open({ ...options(directory.path), targets }));
    const artifact = Buffer.from('an artifact');
    const bundle = await sigstore.signArtifact('ada@learners.lab', artifact);
    const verifyAs = async (certificateIdentityEmail: string): Promise<void> => {
      const tuf = { tufMirrorURL: mirror.url, tufRootPath: await writeRoot(directory.path), tufCachePath: join(directory.path, 'cache') };
      const verifier = await createVerifier({ ...tuf, certificateIssuer: 'https://oidc.test', certificateIdentityEmail });
      verifier.verify(bundle as unknown as Bundle, artifact);
    };
    await verifyAs('ada@learners.lab');
    await assert.rejects(verifyAs('eve@learners.lab'), /identity|mismatch|email/i);
  });

  it('is refused by a client when another key has signed', async () => {
    await using directory = await temporaryDirectory();
    await using mirror = await serve(await TufRepository.open({ ...options(directory.path), onlineKey: newKey() }));
    await assert.rejects(fetchTarget(mirror.url, directory.path), /signed by 0\/1 keys/);
  });

  it('keeps its version while nothing changes and raises it when a target does', async () => {
    await using directory = await temporaryDirectory();
    const first = await TufRepository.open(options(directory.path));
    const again = await TufRepository.open(options(directory.path));
    assert.deepEqual([first.version, again.version], [1, 1]);
    assert.deepEqual(again.file('timestamp.json'), first.file('timestamp.json'));
    const changed = await TufRepository.open({
      ...options(directory.path),
      targets: new Map([['trusted_root.json', Buffer.from('{"a":2}')]]),
    });
    assert.equal(changed.version, 2);
    await using mirror = await serve(changed);
    assert.equal(await fetchTarget(mirror.url, directory.path), '{"a":2}');
  });

  it('signs anew when half of the life of its metadata is over', async () => {
    await using directory = await temporaryDirectory();
    let nowMs = Date.now();
    const repository = await TufRepository.open({ ...options(directory.path), now: () => nowMs });
    nowMs += 14 * dayMs;
    await repository.refresh();
    assert.equal(repository.version, 1);
    nowMs += 2 * dayMs;
    await repository.refresh();
    assert.equal(repository.version, 2);
    const { signed } = JSON.parse(String(repository.file('timestamp.json'))) as { signed: { version: number; expires: string } };
    assert.equal(signed.version, 2);
    assert.ok(Date.parse(signed.expires) > nowMs + 29 * dayMs);
  });
});

function options(directory: string): TufRepositoryOptions {
  return {
    directory: join(directory, 'repository'),
    root: signRoot({ version: 1, expiresAt: new Date(Date.now() + 365 * dayMs) }, rootKey, onlineKey),
    targets: new Map([['trusted_root.json', Buffer.from('{"a":1}')]]),
    onlineKey,
  };
}

/** Writes the root that a client is given by hand, and returns its path. */
async function writeRoot(directory: string): Promise<string> {
  const rootPath = join(directory, 'root.json');
  await writeFile(rootPath, options(directory).root);
  return rootPath;
}

async function fetchTarget(mirrorURL: string, directory: string): Promise<string> {
  const rootPath = await writeRoot(directory);
  const client = await initTUF({ mirrorURL, rootPath, cachePath: join(directory, 'cache'), forceInit: true, retry: 0 });
  return client.getTarget('trusted_root.json');
}

async function serve(repository: TufRepository): Promise<AsyncDisposable & { readonly url: string }> {
  const handle = createTufHandler(repository);
  const server = http.createServer((request, response) => {
    try {
      void handle(request, response);
    } catch (error) {
      sendError(response, error instanceof RequestRefused ? error.status : 500, String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}
