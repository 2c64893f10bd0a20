import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import type { OpenExec } from '../../../src/engine/server/docker-types.ts';
import { decodeToHost, encodeFromHost, maxServerFrameBytes } from '../../../src/terminal/channel-protocol.ts';
import { FrameSplitter } from '../../../src/terminal/frame-splitter.ts';
import { encodeServerFrame } from '../../../src/terminal/protocol.ts';
import { Random } from './random.ts';
import { Page, ServerRig, until } from './terminal-rig.ts';

/** A learner may replace the pty-host by anything: whatever it says, the server lives, and the page is told. */
test('junk from a sandbox breaks the channel only, and the next channel works', async () => {
  const random = new Random(5);
  const openings = { count: 0 };
  await using server = await new ServerRig({
    openChannel: () => {
      openings.count += 1;
      const host = new FakeHost();
      if (openings.count === 1) host.say(Buffer.from(random.bytes(100_000)));
      if (openings.count === 2) host.say(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]));
      if (openings.count === 3) host.say(encodeFromHost({ kind: 'welcome', version: 9, terminals: [] }));
      if (openings.count === 4) host.welcome().say(encodeFromHost({ kind: 'data', viewer: 1, frame: random.bytes(100) }));
      if (openings.count > 4) host.welcome();
      return Promise.resolve(host.exec);
    },
  }).listen();
  using page = new Page(() => server);
  await until(() => openings.count === 5 && page.statuses.at(-1)?.state === 'ready', 'the fifth channel holds');
  const reasons = server.events.flatMap((event) => (event.kind === 'channel-lost' ? [event.reason] : []));
  assert.match(reasons[0]!, /too long|not valid/);
  assert.match(reasons[1]!, /too long/);
  assert.match(reasons[2]!, /version 9/);
  assert.match(reasons[3]!, /not valid/);
  assert.equal(page.connections, 1, 'the page kept its socket');
});

test('a host that floods in spite of windows loses the slow page, not the server', async () => {
  const host = new FakeHost();
  await using server = await new ServerRig({ openChannel: () => Promise.resolve(host.exec) }).listen();
  using page = await new Page(() => {
    host.welcome();
    return server;
  }).ready();
  page.current!.pause();
  const output = encodeServerFrame({ kind: 'output', terminal: 0, offset: 0, bytes: new Uint8Array(65_536) });
  for (let count = 0; count < 1000 && !server.events.some(({ kind }) => kind === 'socket-closed'); count += 1) {
    for (let viewer = 1; viewer < 5; viewer += 1) host.say(encodeFromHost({ kind: 'data', viewer, frame: output }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => server.events.some((event) => event.kind === 'socket-closed'), 'the slow page is cut');
});

test('a host that takes no input is left', async () => {
  const host = new FakeHost({ stuck: true });
  await using server = await new ServerRig({ openChannel: () => Promise.resolve(host.exec) }).listen();
  using page = await new Page(() => {
    host.welcome();
    return server;
  }).ready();
  const shell = page.open(0);
  host.say(
    encodeFromHost({
      kind: 'data',
      viewer: 2,
      frame: encodeServerFrame({ kind: 'attached', terminal: 0, epoch: 1, offset: 0, lastSequence: 0 }),
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let count = 0; count < 40; count += 1) shell.line.input(Buffer.alloc(60_000));
  await until(
    () => server.events.some((event) => event.kind === 'channel-lost' && /takes no input/.test(event.reason)),
    'the channel is given up',
  );
});

test('a host that starts, stops and complains is tried again slower and slower', async () => {
  const openedAt: number[] = [];
  await using server = await new ServerRig({
    openChannel: () => {
      openedAt.push(performance.now());
      const host = new FakeHost();
      setImmediate(() => host.end(1, 'node: not found'));
      return Promise.resolve(host.exec);
    },
  }).listen();
  using page = new Page(() => server);
  await until(() => openedAt.length === 4, 'it was tried four times');
  const waits = openedAt.slice(1).map((at, index) => at - openedAt[index]!);
  assert.ok(waits[0]! >= 120 && waits[2]! >= 480, waits.join(', '));
  assert.equal(page.statuses.at(-1)?.state, 'reconnecting');
  assert.ok(server.events.some((event) => event.kind === 'channel-lost' && event.reason.includes('node: not found')));
});

/** The other end of a channel, as a learner could have programmed it. */
class FakeHost {
  readonly #output = new PassThrough();
  readonly #errors = new PassThrough();
  readonly #exit = Promise.withResolvers<number>();
  readonly #splitter = new FrameSplitter(maxServerFrameBytes);
  readonly exec: OpenExec;

  constructor(options: { stuck?: boolean } = {}) {
    const input = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        for (const body of this.#splitter.push(chunk)) assert.notEqual(decodeToHost(body), undefined);
        if (options.stuck !== true) done();
      },
    });
    this.exec = { input, output: this.#output, errors: this.#errors, exit: this.#exit.promise, close: () => this.end(-1, '') };
  }

  say(bytes: Uint8Array): this {
    this.#output.write(bytes);
    return this;
  }

  welcome(): this {
    return this.say(encodeFromHost({ kind: 'welcome', version: 1, terminals: [] }));
  }

  end(code: number, complaint: string): void {
    if (complaint !== '') this.#errors.write(complaint);
    setImmediate(() => this.#exit.resolve(code));
  }
}
