import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { DeviceApprovals } from '../../../src/trust/container/issuer/device-approvals.ts';
import { IssuerStore } from '../../../src/trust/container/issuer/issuer-store.ts';
import { createIssuerHandler, createLearnerIssuer } from '../../../src/trust/container/issuer/learner-issuer.ts';
import { mintIdentityToken, mintWorkflowToken } from '../../../src/trust/server/mint-token.ts';
import type { IssuerKey } from '../../../src/trust/server/key-ceremony.ts';
import { startFront, type TestFront } from './front-client.ts';

const link = '127.0.0.1';
const ada = { linkAddress: link, email: 'ada@lab.test' };

describe('learner issuer', () => {
  it('announces what cosign needs', async () => {
    await using issuer = await startIssuer();
    const discovery = await issuer.json('/.well-known/openid-configuration');
    assert.equal(discovery['issuer'], 'https://oidc.lab');
    assert.equal(discovery['device_authorization_endpoint'], 'https://oidc.lab/device/auth');
    assert.deepEqual(discovery['code_challenge_methods_supported'], ['S256']);
    assert.ok((discovery['id_token_signing_alg_values_supported'] as string[]).includes('RS256'));
  });

  it('gives an identity token with the e-mail after the approval, once', async () => {
    await using issuer = await startIssuer();
    const { device_code, user_code, interval } = await issuer.requestCode();
    assert.equal(interval, 1);
    assert.match(user_code, /^[B-Z]{4}-[B-Z]{4}$/);
    assert.deepEqual(await issuer.poll(device_code), { status: 400, error: 'authorization_pending' });
    const [approval] = issuer.approvals.pending(link);
    assert.equal(approval?.code, user_code);
    assert.equal(approval?.clientId, 'sigstore');
    assert.equal(approval?.scope, 'openid email');
    assert.equal(Date.parse(approval?.expiresAt ?? '') - Date.parse(approval?.requestedAt ?? ''), 300_000);
    assert.equal(await issuer.approvals.approve(user_code.toLowerCase(), ada), 'approved');
    assert.deepEqual(issuer.approvals.pending(link), []);
    const { status, id_token = '' } = await issuer.poll(device_code);
    assert.equal(status, 200);
    const claims = verifyToken(id_token, (await issuer.json('/jwks'))['keys']);
    assert.deepEqual(
      [claims['iss'], claims['aud'], claims['email'], claims['email_verified']],
      ['https://oidc.lab', 'sigstore', ada.email, true],
    );
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 60);
    assert.equal((await issuer.poll(device_code)).error, 'invalid_grant');
  });

  it('shows and answers a code to the address only from which it was asked', async () => {
    await using issuer = await startIssuer();
    const { user_code, device_code } = await issuer.requestCode();
    assert.deepEqual(issuer.approvals.pending('172.18.0.9'), []);
    assert.equal(await issuer.approvals.approve(user_code, { ...ada, linkAddress: '172.18.0.9' }), 'unknown');
    assert.equal(await issuer.approvals.deny(user_code, '172.18.0.9'), 'unknown');
    assert.equal(await issuer.approvals.approve('BBBB-BBBB', ada), 'unknown');
    assert.equal((await issuer.poll(device_code)).error, 'authorization_pending');
  });

  it('tells the asker when the learner denies, and takes no second answer', async () => {
    await using issuer = await startIssuer();
    const { user_code, device_code } = await issuer.requestCode();
    assert.equal(await issuer.approvals.deny(user_code, link), 'denied');
    assert.equal(await issuer.approvals.approve(user_code, ada), 'unknown');
    assert.equal((await issuer.poll(device_code)).error, 'access_denied');
  });

  it('says that a code has expired', async (test) => {
    await using issuer = await startIssuer();
    const { user_code, device_code } = await issuer.requestCode();
    test.mock.timers.enable({ apis: ['Date'], now: Date.now() + 301_000 });
    assert.deepEqual(issuer.approvals.pending(link), []);
    assert.equal(await issuer.approvals.approve(user_code, ada), 'expired');
    assert.equal((await issuer.poll(device_code)).error, 'expired_token');
  });

  it('keeps the newest codes of an address that asks for too many', async () => {
    await using issuer = await startIssuer();
    const codes: string[] = [];
    for (let index = 0; index < 12; index += 1) codes.push((await issuer.requestCode()).user_code);
    assert.deepEqual(
      issuer.approvals.pending(link).map(({ code }) => code),
      codes.slice(-8),
    );
  });

  it('knows one client, and offers nothing but discovery, keys and the device flow', async () => {
    await using issuer = await startIssuer();
    const other = await issuer.form('/device/auth', { client_id: 'other', scope: 'openid' });
    assert.equal(other['error'], 'invalid_client');
    for (const path of ['/device', '/auth?client_id=sigstore&response_type=code']) {
      const page = await issuer.front.ask({ host: 'oidc.lab', path });
      assert.equal(page.status, 200);
      assert.match(page.text, /Approve in the lab page/);
    }
    for (const path of ['/interaction/x', '/session/end', '/me', '/reg', '/device/x', '/token/revocation']) {
      assert.equal((await issuer.front.ask({ host: 'oidc.lab', path })).status, 404, path);
    }
  });
});

describe('minted tokens', () => {
  it('name the learner or the run, for Fulcio, for a minute', () => {
    const [issuerKey, ciIssuerKey] = [newIssuerKey(), newIssuerKey()];
    const learner = verifyToken(mintIdentityToken({ issuerKey }, { email: 'ada@lab.test' }), [issuerKey]);
    assert.deepEqual(
      [learner['iss'], learner['aud'], learner['email'], learner['email_verified']],
      ['https://oidc.lab', 'sigstore', 'ada@lab.test', true],
    );
    assert.equal(Number(learner['exp']) - Number(learner['iat']), 60);
    const run = verifyToken(mintWorkflowToken({ ciIssuerKey }, { iss: 'https://oidc.lab', sub: 'repo:a/b', sha: 'abc' }), [ciIssuerKey]);
    assert.deepEqual([run['iss'], run['sub'], run['sha']], ['https://ci.lab', 'repo:a/b', 'abc']);
  });
});

interface TestIssuer extends AsyncDisposable {
  readonly front: TestFront;
  readonly approvals: DeviceApprovals;
  json(path: string): Promise<Record<string, unknown>>;
  form(path: string, fields: Record<string, string>): Promise<Record<string, unknown>>;
  requestCode(): Promise<{ device_code: string; user_code: string; interval: number }>;
  poll(deviceCode: string): Promise<{ status: number; error?: string; id_token?: string }>;
}

async function startIssuer(): Promise<TestIssuer> {
  const store = new IssuerStore();
  const provider = createLearnerIssuer({
    store,
    signingKey: newIssuerKey(),
    cookieSecret: 'x'.repeat(32),
    log: (message) => assert.fail(message),
  });
  const front = await startFront({ 'oidc.lab': createIssuerHandler(provider) });
  const post = (path: string, fields: Record<string, string>): ReturnType<TestFront['ask']> =>
    front.ask({
      host: 'oidc.lab',
      path,
      method: 'POST',
      type: 'application/x-www-form-urlencoded',
      body: new URLSearchParams(fields).toString(),
    });
  return {
    front,
    approvals: new DeviceApprovals(provider, store),
    json: async (path) => JSON.parse((await front.ask({ host: 'oidc.lab', path })).text) as Record<string, unknown>,
    form: async (path, fields) => JSON.parse((await post(path, fields)).text) as Record<string, unknown>,
    requestCode: async () => {
      const challenge = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
      const { text } = await post('/device/auth', { client_id: 'sigstore', scope: 'openid email', ...challenge });
      return JSON.parse(text) as { device_code: string; user_code: string; interval: number };
    },
    poll: async (deviceCode) => {
      const fields = {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: deviceCode,
        client_id: 'sigstore',
        scope: 'openid email',
      };
      const { status, text } = await post('/token', { ...fields, code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' });
      const { error, id_token } = JSON.parse(text) as { error?: string; id_token?: string };
      return { status, ...(error !== undefined && { error }), ...(id_token !== undefined && { id_token }) };
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

function newIssuerKey(): IssuerKey & { d: string } {
  const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }) as {
    n: string;
    e: string;
    d: string;
  };
  return { ...jwk, kty: 'RSA', kid: 'k1', alg: 'RS256', use: 'sig' };
}

/** Claims of a token whose signature by one of `keys` verifies. */
function verifyToken(token: string, keys: unknown): Record<string, unknown> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string; kid: string };
  assert.equal(alg, 'RS256');
  const key = (keys as IssuerKey[]).find((candidate) => candidate.kid === kid);
  assert.ok(key);
  const publicKey = createPublicKey({ key: { kty: key.kty, n: key.n, e: key.e }, format: 'jwk' });
  assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url')));
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
