import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { PlatformError } from '../../../src/shared/errors.ts';
import { encodeClientFrame, maxMessageBytes, protocolName } from '../../../src/terminal/protocol.ts';
import { TicketBook } from '../../../src/terminal/server/ticket-book.ts';
import { ServerRig, sessionId, siteOrigin, until } from './terminal-rig.ts';

let server: ServerRig;

before(async () => {
  // No sandbox is needed to decide who may come in.
  server = await new ServerRig({ openChannel: () => new Promise(() => undefined) }).listen();
});
after(() => server[Symbol.asyncDispose]());

test('the exact origin with a fresh ticket for this session comes in', async () => {
  const { socket } = await attempt({ ticket: server.tickets.issue(server.grant()) });
  assert.equal(socket.protocol, protocolName);
  assert.equal(socket.extensions, '');
  socket.terminate();
});

test('a missing, null, other, longer or differently written origin is refused and costs no ticket', async () => {
  const ticket = server.tickets.issue(server.grant());
  for (const origin of [
    undefined,
    'null',
    'https://evil.test',
    `${siteOrigin}.evil.test`,
    `${siteOrigin}:444`,
    siteOrigin.toUpperCase(),
    'http://proofground.test',
    '',
  ]) {
    assert.equal((await attempt({ ticket, origin })).status, 403, String(origin));
  }
  const { socket, status } = await attempt({ ticket });
  assert.equal(status, 101);
  socket.terminate();
});

test('a replayed, expired, foreign, unknown or missing ticket is refused', async () => {
  const ticket = server.tickets.issue(server.grant());
  (await attempt({ ticket })).socket.terminate();
  assert.equal((await attempt({ ticket })).status, 403, 'replayed');
  assert.equal((await attempt({ ticket: server.tickets.issue(server.grant('driver', 'another2')) })).status, 403, 'of another session');
  assert.equal((await attempt({ ticket: 'x'.repeat(43) })).status, 403, 'unknown');
  assert.equal((await attempt({ ticket: '' })).status, 403, 'missing');
  assert.equal((await attempt({ ticket: server.tickets.issue(server.grant()), session: '../../x' })).status, 403, 'path');
  assert.equal((await attempt({ ticket: server.tickets.issue(server.grant()), protocol: 'other' })).status, 403, 'protocol');
  assert.ok(server.events.some((event) => event.kind === 'refused' && event.why === 'ticket'));
});

test('a ticket is good for one use within 30 seconds', () => {
  let now = 1000;
  const tickets = new TicketBook(() => now);
  const grant = server.grant();
  const [early, late] = [tickets.issue(grant), tickets.issue(grant)];
  now += 29_999;
  assert.deepEqual(tickets.redeem(early), grant);
  assert.equal(tickets.redeem(early), undefined);
  now += 1;
  assert.equal(tickets.redeem(late), undefined);
});

test('a refused upgrade says so as a problem document', async () => {
  const { body } = await attempt({ ticket: 'none' });
  assert.deepEqual(Object.keys(JSON.parse(body) as object), ['type', 'status', 'title', 'detail']);
});

test('who loses the right is cut off within a second', async () => {
  await using own = await new ServerRig({ openChannel: () => new Promise(() => undefined) }).listen();
  const { socket } = await attempt({ ticket: own.tickets.issue(own.grant()) }, own);
  const startedAt = performance.now();
  own.revoked = true;
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 4401);
  assert.ok(performance.now() - startedAt < 1000);
  assert.equal((await attempt({ ticket: own.tickets.issue(own.grant()) }, own)).status, 403);
});

test('closing a session or a user closes their sockets', async () => {
  for (const [close, expected] of [
    [() => server.gateway.closeSession(sessionId), 4410],
    [() => server.gateway.closeUser('ada'), 4401],
  ] as const) {
    const { socket } = await attempt({ ticket: server.tickets.issue(server.grant()) });
    close();
    assert.equal((await once(socket, 'close'))[0], expected);
  }
});

test('a sandbox that is gone ends the page instead of letting it try for ever', async () => {
  await using own = await new ServerRig({ openChannel: () => Promise.reject(new PlatformError('sandbox-gone', 'gone')) }).listen();
  const { socket } = await attempt({ ticket: own.tickets.issue(own.grant()) }, own);
  socket.send(JSON.stringify({ type: 'hello', version: 1, client: '0123456789abcdef' }));
  assert.equal((await once(socket, 'close'))[0], 4410);
});

test('what is not the protocol closes the socket', async () => {
  const hello = JSON.stringify({ type: 'hello', version: 1, client: '0123456789abcdef' });
  const bad: (string | Uint8Array)[][] = [
    ['not json'],
    ['{"type":"hello","version":2,"client":"0123456789abcdef"}'],
    ['{"type":"hello","version":1,"client":"../../etc/passwd"}'],
    [encodeClientFrame({ kind: 'close', terminal: 0 })],
    [hello, hello],
    [hello, Uint8Array.of(0x99, 0)],
    [hello, new Uint8Array(0)],
    [hello, encodeClientFrame({ kind: 'input', terminal: 0, sequence: 1, bytes: new Uint8Array(65_537) })],
  ];
  for (const messages of bad) {
    const { socket } = await attempt({ ticket: server.tickets.issue(server.grant()) });
    for (const message of messages) socket.send(message);
    assert.equal((await once(socket, 'close'))[0], 4400, JSON.stringify(messages));
  }
  const { socket } = await attempt({ ticket: server.tickets.issue(server.grant()) });
  socket.send(new Uint8Array(maxMessageBytes + 1));
  assert.equal((await once(socket, 'close'))[0], 1009, 'too large');
});

test('a session takes 16 sockets and no more', async () => {
  const sockets: WebSocket[] = [];
  for (let count = 0; count < 16; count += 1) sockets.push((await attempt({ ticket: server.tickets.issue(server.grant()) })).socket);
  assert.equal((await attempt({ ticket: server.tickets.issue(server.grant()) })).status, 403);
  for (const socket of sockets) socket.terminate();
  await until(() => server.gateway.socketCount === 0, 'all sockets are gone');
});

interface Attempt {
  readonly ticket: string;
  readonly origin?: string | undefined;
  readonly session?: string;
  readonly protocol?: string;
}

/** Connects; `status` 101 when it was let in. */
async function attempt(how: Attempt, to = server): Promise<{ socket: WebSocket; status: number; body: string }> {
  const origin = 'origin' in how ? how.origin : siteOrigin;
  const socket = new WebSocket(to.url(how.ticket, how.session), how.protocol ?? protocolName, {
    ...(origin === undefined ? {} : { origin }),
  });
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('open', () => resolve({ socket, status: 101, body: '' }));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ socket, status: response.statusCode ?? 0, body }));
    });
  });
}
