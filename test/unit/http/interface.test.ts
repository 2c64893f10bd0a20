import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '../../../src/sessions/session.ts';
import type { LabListing } from '../../../src/sessions/lab-listing.ts';
import { apiWorld } from './api-world.ts';

describe('accounts', () => {
  it('come with a cookie that scripts cannot read, and stay the same while it is sent', async () => {
    await using world = await apiWorld();
    const response = await world.request('POST', '/api/v1/guests', { cookie: '' });
    assert.equal(response.status, 201);
    const cookie = response.headers.get('set-cookie') ?? '';
    assert.match(cookie, /^proofground-test=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const account = (await response.json()) as { email: string };
    assert.match(account.email, /^[a-z]+-[a-z]+-\d{4}@learners\.lab$/);
    const again = await world.request('POST', '/api/v1/guests', { cookie: cookie.split(';')[0]! });
    assert.equal(again.status, 200);
    assert.deepEqual(await again.json(), account);
  });

  it('are needed for sessions, and a closed one is worth nothing', async () => {
    await using world = await apiWorld();
    await world.problem('sign-in-needed', 'POST /api/v1/sessions', { cookie: '', body: { lab: world.labId } });
    const cookie = await world.signIn();
    assert.equal((await world.request('DELETE', '/api/v1/account', { cookie })).status, 204);
    await world.problem('sign-in-needed', 'GET /api/v1/account', { cookie });
    assert.equal(world.closed.length, 1);
  });
});

describe('sessions over HTTP', () => {
  it('are made once per learner and lab, shown, extended and ended', async () => {
    await using world = await apiWorld();
    const created = await world.request('POST', '/api/v1/sessions', { body: { lab: world.labId } });
    assert.equal(created.status, 201);
    const session = (await created.json()) as Session;
    const again = await world.request('POST', '/api/v1/sessions', { body: { lab: world.labId } });
    assert.equal(again.status, 200);
    assert.equal(((await again.json()) as Session).id, session.id);
    assert.equal((await world.request('POST', `/api/v1/sessions/${session.id}/extend`)).status, 200);
    assert.equal((await world.request('DELETE', `/api/v1/sessions/${session.id}`)).status, 204);
    await world.problem('session-over', `POST /api/v1/sessions/${session.id}/extend`);
  });

  it('answer unknown labs, sessions and steps with a problem each', async () => {
    await using world = await apiWorld();
    await world.problem('lab-not-found', 'POST /api/v1/sessions', { body: { lab: 'no-such-lab' } });
    await world.problem('session-not-found', 'GET /api/v1/sessions/none');
    const id = await world.readySession();
    await world.problem('step-not-found', `POST /api/v1/sessions/${id}/steps/99-none/check`);
    await world.problem('session-not-found', `GET /api/v1/sessions/${id}`, { cookie: await world.signIn() });
  });

  it('check steps and give tickets', async () => {
    await using world = await apiWorld();
    const id = await world.readySession();
    const verdict = await world.request('POST', `/api/v1/sessions/${id}/steps/01-build/check`);
    assert.deepEqual(await verdict.json(), { verdict: 'failed', conditions: [] });
    const { ticket } = (await (await world.request('POST', `/api/v1/sessions/${id}/tickets`)).json()) as { ticket: string };
    assert.equal(world.tickets.redeem(ticket)?.sessionId, id);
  });

  it('read and write files of the lab folder and nothing else', async () => {
    await using world = await apiWorld();
    const id = await world.readySession();
    const written = await world.request('PUT', `/api/v1/sessions/${id}/files/src/app.txt`, { bytes: Buffer.from('<b>hello</b>') });
    assert.equal(written.status, 204);
    const read = await world.request('GET', `/api/v1/sessions/${id}/files/src/app.txt`);
    assert.equal(read.headers.get('content-type'), 'application/octet-stream');
    assert.equal(await read.text(), '<b>hello</b>');
    assert.deepEqual(await (await world.request('GET', `/api/v1/sessions/${id}/files/`)).json(), { complete: true, files: [] });
    await world.problem('not-found', `GET /api/v1/sessions/${id}/files/none`);
    await world.problem('request-invalid', `PUT /api/v1/sessions/${id}/files/a%2f..%2f..%2fb`, { bytes: Buffer.from('x') });
    await world.problem('body-too-large', `PUT /api/v1/sessions/${id}/files/big`, { bytes: Buffer.alloc(1024 * 1024 + 1) });
  });

  it('show approvals of the own sandbox and take one answer', async () => {
    await using world = await apiWorld();
    const id = await world.readySession();
    const times = { requestedAt: new Date().toISOString(), expiresAt: new Date().toISOString() };
    world.workshop.approvals = [{ code: 'ABCD-EFGH', clientId: 'sigstore', scope: 'openid', ...times }];
    const [approval] = (await (await world.request('GET', `/api/v1/approvals?session=${id}`)).json()) as { code: string }[];
    assert.equal(approval?.code, 'ABCD-EFGH');
    await world.problem('request-invalid', 'POST /api/v1/approvals/ABCD-EFGH', { body: { decision: 'maybe' } });
    await world.problem('approval-not-found', 'POST /api/v1/approvals/ABCD-EFGH', {
      body: { decision: 'approve' },
      cookie: await world.signIn(),
    });
    assert.equal((await world.request('POST', '/api/v1/approvals/ABCD-EFGH', { body: { decision: 'approve' } })).status, 204);
    assert.equal(world.workshop.approved.length, 1);
  });

  it('stream events, the present state first, and what was missed after a break', async () => {
    await using world = await apiWorld();
    const id = await world.readySession();
    const first = await world.events(`/api/v1/sessions/${id}/events`, { until: (text) => text.includes('event: session') });
    assert.match(first, /event: session\ndata: \{"type":"session"/);
    const following = world.events(`/api/v1/sessions/${id}/events`, { until: (text) => text.includes('event: verdict') });
    await world.untilListening(id);
    await world.request('POST', `/api/v1/sessions/${id}/steps/01-build/check`);
    const text = await following;
    const [checkingId] = /(?<=id: )\S+(?=\nevent: checking)/.exec(text) ?? [];
    assert.ok(checkingId);
    const missed = await world.events(`/api/v1/sessions/${id}/events`, {
      lastEventId: checkingId,
      until: (seen) => seen.includes('event: verdict'),
    });
    assert.doesNotMatch(missed, /event: checking/);
  });
});

describe('the server', () => {
  it('refuses other sites, wrong methods, bad JSON, large bodies and unknown addresses with problem documents', async () => {
    await using world = await apiWorld();
    await world.problem('not-allowed', 'POST /api/v1/sessions', {
      headers: { origin: 'https://evil.example' },
      body: { lab: world.labId },
    });
    await world.problem('not-allowed', 'POST /api/v1/sessions', {
      headers: { 'sec-fetch-site': 'cross-site' },
      body: { lab: world.labId },
    });
    const wrong = await world.problem('method-not-allowed', 'PUT /api/v1/labs');
    assert.equal(wrong.headers.get('allow'), 'GET');
    await world.problem('request-invalid', 'POST /api/v1/sessions', { bytes: Buffer.from('{"lab":') });
    await world.problem('request-invalid', 'POST /api/v1/sessions', { body: { lab: 7 } });
    await world.problem('body-too-large', 'POST /api/v1/sessions', { bytes: Buffer.alloc(65 * 1024, 'x') });
    await world.problem('not-found', 'GET /api/v1/nothing');
    await world.problem('not-found', 'GET /api/v1/sessions/%ff');
  });

  it('sends security headers with every answer', async () => {
    await using world = await apiWorld();
    for (const path of ['/healthz', '/api/v1/nothing', '/']) {
      const { headers } = await world.request('GET', path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path);
    }
  });

  it('keeps causes of its own mistakes to itself', async () => {
    await using world = await apiWorld();
    world.workshop.pendingApprovals = () => Promise.reject(new Error('secret path /srv/keys'));
    await world.readySession();
    const response = await world.problem('internal-error', 'GET /api/v1/approvals');
    assert.doesNotMatch(JSON.stringify(response.problem), /secret/);
    assert.equal(world.mistakes.length, 1);
  });

  it('slows down who asks too often', async () => {
    await using world = await apiWorld();
    const id = await world.readySession();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => world.request('POST', `/api/v1/sessions/${id}/steps/01-build/check`)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(answers.filter(({ status }) => status === 200).length, 20);
    assert.ok(Number(refused[0]?.headers.get('retry-after')) >= 1);
  });

  it('tells operators about health, readiness and figures', async () => {
    await using world = await apiWorld();
    assert.equal((await world.request('GET', '/healthz')).status, 200);
    assert.equal((await world.request('GET', '/readyz')).status, 503);
    world.board.ready();
    assert.equal((await world.request('GET', '/readyz')).status, 200);
    await world.readySession();
    const text = await (await world.request('GET', '/metrics')).text();
    assert.match(text, /proofground_sessions\{state="ready"\} 1/);
    assert.match(text, /proofground_sandbox_stage_seconds_count\{stage="network"\} 1/);
  });

  it('lists the labs as preparing until everything is ready', async () => {
    await using world = await apiWorld();
    const states = async (): Promise<string[]> =>
      ((await (await world.request('GET', '/api/v1/labs')).json()) as { state: string }[]).map(({ state }) => state);
    assert.deepEqual(await states(), ['preparing']);
    world.board.ready();
    assert.deepEqual(await states(), ['published']);
  });

  it('tells what must be true in each step, and neither hints nor solutions', async () => {
    await using world = await apiWorld();
    const text = await (await world.request('GET', '/api/v1/labs')).text();
    const [lab] = JSON.parse(text) as LabListing[];
    assert.deepEqual(lab?.steps[0]?.conditions, [{ id: 'signed', title: 'It is signed' }]);
    assert.doesNotMatch(text, /the last hint|the solution/);
  });
});
