import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CertificateLog } from '../../../src/trust/container/ct-log/certificate-log.ts';
import { createCertificateLogHandler } from '../../../src/trust/container/ct-log/ct-routes.ts';
import { createFulcioHandler, createRekorHandler } from '../../../src/trust/container/service-hosts.ts';
import { newEcdsaKeyPem } from '../../../src/trust/server/certificates.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startFront } from './front-client.ts';

const nowhere = '127.0.0.1:1';

describe('front', () => {
  it('routes by host and refuses hosts that it does not have', async () => {
    await using front = await startFront({ 'ct.lab': (_request, response) => void response.end('here') });
    assert.deepEqual(await front.ask({ host: 'CT.lab:443', path: '/' }), { status: 200, type: '', text: 'here' });
    assert.equal((await front.ask({ host: 'registry.lab', path: '/' })).status, 421);
    assert.equal((await front.ask({ host: '__proto__', path: '/' })).status, 421);
  });

  it('answers 500 and logs the cause when a handler fails, and goes on', async () => {
    await using front = await startFront({
      'ct.lab': () => Promise.reject(new Error('disk on fire')),
      'tuf.lab': (_, response) => void response.end('fine'),
    });
    const { status, text } = await front.ask({ host: 'ct.lab', path: '/x' });
    assert.equal(status, 500);
    assert.doesNotMatch(text, /disk on fire/);
    assert.match(front.logged.join(), /disk on fire/);
    assert.equal((await front.ask({ host: 'tuf.lab', path: '/' })).text, 'fine');
  });

  it('answers 502 with the name of the service that is down, and 413 for what is too large', async () => {
    await using front = await startFront({ 'fulcio.lab': createFulcioHandler(nowhere) });
    const down = await front.ask({ host: 'fulcio.lab', path: '/api/v2/signingCert', method: 'POST', body: '{}' });
    assert.equal(down.status, 502);
    assert.match(down.text, /Fulcio does not answer/);
    const large = await front.ask({ host: 'fulcio.lab', path: '/api/v2/signingCert', method: 'POST', body: Buffer.alloc(300 * 1024) });
    assert.equal(large.status, 413);
    assert.equal((await front.ask({ host: 'fulcio.lab', path: '/metrics' })).status, 404);
  });

  it('hands answers of a service on, with status and body', async () => {
    const service = http.createServer((request, response) => {
      request.resume();
      response
        .writeHead(409, { 'content-type': 'application/json', 'x-internal': 'secret' })
        .end(`{"path":"${request.url}","token":"${request.headers.authorization}","cookie":"${request.headers.cookie}"}`);
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    await using directory = await temporaryDirectory();
    await using front = await startFront({
      'rekor.lab': createRekorHandler(`127.0.0.1:${(service.address() as AddressInfo).port}`, directory.path),
    });
    const headers = { authorization: 'Bearer t', cookie: 'a=b' };
    const answer = await front.ask({ host: 'rekor.lab', path: '/api/v2/log/entries', method: 'POST', body: '{}', headers });
    assert.deepEqual(answer, {
      status: 409,
      type: 'application/json',
      text: '{"path":"/api/v2/log/entries","token":"Bearer t","cookie":"undefined"}',
    });
    assert.equal((await front.ask({ host: 'rekor.lab', path: '/api/v2/other', method: 'POST', body: '{}' })).status, 404);
    service.closeAllConnections();
    service.close();
  });

  it('serves checkpoint and tiles of the log directory and nothing beside them', async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'tile/entries'), { recursive: true });
    await mkdir(join(directory.path, 'tile/0/x001/002.p'), { recursive: true });
    await writeFile(join(directory.path, 'checkpoint'), 'rekor.lab\n1\n');
    await writeFile(join(directory.path, 'tile/0/x001/002.p/7'), 'tile');
    await writeFile(join(directory.path, 'secret'), 'key');
    await symlink('/etc/passwd', join(directory.path, 'passwd'));
    await using front = await startFront({ 'rekor.lab': createRekorHandler(nowhere, directory.path) });
    const get = (path: string): Promise<{ status: number; text: string }> => front.ask({ host: 'rekor.lab', path });
    assert.equal((await get('/api/v2/checkpoint')).text, 'rekor.lab\n1\n');
    assert.equal((await get('/checkpoint')).status, 200);
    assert.equal((await get('/api/v2/tile/0/x001/002.p/7')).text, 'tile');
    assert.equal((await get('/tile/0/000')).status, 404);
    assert.equal((await get('/tile/entries')).status, 404);
    for (const path of ['/secret', '/passwd', '/tile/../secret', '/tile/%2e%2e/secret', '/tile/0/..%2f..%2fsecret', '//etc/passwd', '/']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  it('refuses bad submissions and bad questions to the certificate log with a reason', async () => {
    await using directory = await temporaryDirectory();
    const log = await CertificateLog.open({ path: join(directory.path, 'e'), privateKey: createPrivateKey(newEcdsaKeyPem()), roots: [] });
    await using front = await startFront({ 'ct.lab': createCertificateLogHandler(log) });
    const submit = (body: string | Buffer): Promise<{ status: number; text: string }> =>
      front.ask({ host: 'ct.lab', path: '/ct/v1/add-pre-chain', method: 'POST', body });
    assert.match((await submit('{')).text, /not JSON/);
    assert.match((await submit('{"chain":[]}')).text, /one to four/);
    assert.match((await submit('{"chain":["***"]}')).text, /one to four/);
    assert.match((await submit('{"chain":["AAAA"]}')).text, /cannot be parsed/);
    assert.equal((await submit(Buffer.alloc(70 * 1024, 32))).status, 413);
    const get = async (path: string): Promise<number> => (await front.ask({ host: 'ct.lab', path: `/ct/v1/${path}` })).status;
    assert.equal(await get('get-sth'), 200);
    assert.equal(await get('get-entries?start=0&end=1'), 400);
    assert.equal(await get('get-entries?start=-1&end=x'), 400);
    assert.equal(await get('get-proof-by-hash?hash=x&tree_size=1'), 400);
    assert.equal(await get('get-sth-consistency?first=0&second=9'), 400);
    assert.equal(await get('add-pre-chain'), 405);
    assert.equal(await get('constructor'), 404);
    await log.close();
  });
});
