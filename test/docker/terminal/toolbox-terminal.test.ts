import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testPlatform, type TestPlatform, type TestSandbox } from '../../support/platform.ts';
import { Page, ServerRig, until } from '../../unit/terminal/terminal-rig.ts';

// The same way as in the unit tests, but into a real toolbox, through the engine.
let platform: TestPlatform;
let toolbox: TestSandbox;
let server: ServerRig;

before(async () => {
  platform = await testPlatform();
  toolbox = await platform.startSandbox();
  server = await new ServerRig({ openChannel: () => toolbox.sandbox.openPtyHost() }).listen();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await toolbox[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

test('a page gets the shell of the learner, and typing is quick', async (context) => {
  using page = await new Page(() => server).ready();
  const shell = page.open(0);
  shell.type('echo "$(id -un) $HOME $TERM $LANG $(stty size)"\r');
  await shell.shows('learner /home/learner xterm-256color C.UTF-8 24 80');
  const times: number[] = [];
  for (let key = 0; key < 200; key += 1) {
    const before = shell.bytes.length;
    const startedAt = performance.now();
    shell.type('x');
    await until(() => shell.bytes.length > before, 'the key is echoed');
    times.push(performance.now() - startedAt);
    if (key % 50 === 49) shell.type('\x15');
  }
  times.sort((a, b) => a - b);
  context.diagnostic(`echo through the engine: median ${times[100]!.toFixed(1)} ms, 99 of 100 within ${times[198]!.toFixed(1)} ms`);
  assert.ok(times[100]! < 100);
});

test('a lost engine connection loses nothing', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(1);
  shell.type('for n in $(seq 1 400); do echo "line $n"; sleep 0.005; done; echo fin""ished\r');
  await shell.shows('line 20\r\n');
  // Only the relay dies; the daemon and its shells do not.
  await toolbox.sandbox.exec(['pkill', '-f', 'main.ts attach']);
  await shell.shows('finished\r\n');
  const numbers = [...shell.bytes.toString().matchAll(/line (\d+)\r\n/g)].map((match) => Number(match[1]));
  assert.deepEqual(
    numbers,
    Array.from({ length: 400 }, (_, index) => index + 1),
  );
  await shell.end();
});

test('a learner who kills everything of their own gets a shell again', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(2);
  shell.type('touch ~/kept; echo re""ady\r');
  await shell.shows('ready');
  shell.type('kill -9 -1\r');
  await until(() => shell.replacedTimes === 1, 'there is a new shell');
  shell.type('ls ~/kept\r');
  await shell.shows('/home/learner/kept\r\n');
});
