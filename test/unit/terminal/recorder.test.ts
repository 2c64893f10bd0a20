import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Page, ptyHostRig, ServerRig, sessionId, until } from './terminal-rig.ts';

type Event = [seconds: number, code: string, data: string];

test('a recording has what was written and marked, not what was typed unseen, and ends at its limit', async () => {
  await using host = await ptyHostRig();
  const directory = join(host.directory, 'recordings');
  await using server = await new ServerRig({ openChannel: host.openChannel, recording: { directory, maxBytes: 200_000 } }).listen();
  using page = await new Page(() => server).ready();
  const shell = page.open(0);
  shell.type('echo "h\u00e9llo \u{1f600}"; read -rs secret\r');
  await shell.shows('\u{1f600}\r\n');
  shell.type('hunter2\r');
  shell.line.resize({ cols: 100, rows: 30 });
  shell.type('stty size\r');
  await shell.shows('30 100');
  server.gateway.mark(sessionId, 'step 1 passed');
  shell.type('seq 1 100000; exit 3\r');
  await until(() => shell.exitCode === 3, 'the shell has ended');
  const [file] = await readdir(join(directory, sessionId));
  const path = join(directory, sessionId, file!);
  await until(() => server.events.every(({ kind }) => kind !== 'recording-failed'), 'nothing failed');
  await until(() => readFileSync(path, 'utf8').includes('limit of'), 'the limit is written');
  const text = readFileSync(path, 'utf8');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const [header, ...events] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual((header as { version: number; term: unknown }).term, { cols: 80, rows: 24, type: 'xterm-256color' });
  const of = (code: string): string[] => (events as Event[]).filter((event) => event[1] === code).map((event) => event[2]);
  assert.match(of('o').join(''), /h\u00e9llo \u{1f600}\r\n/u);
  assert.doesNotMatch(text, /hunter2/);
  assert.deepEqual(of('r'), ['100x30']);
  assert.equal(of('m')[0], 'step 1 passed');
  assert.match(of('m').at(-1)!, /limit of 200000 bytes/);
  assert.ok((await stat(path)).size <= 200_200);
});
