import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Random } from './random.ts';
import { Page, ptyHostRig, ServerRig, until, type PtyHostRig } from './terminal-rig.ts';

// A key's whole way, with a real shell, a real relay process, a real server and the page's own socket.
let host: PtyHostRig;
let server: ServerRig;

before(async () => {
  host = await ptyHostRig();
  server = await new ServerRig({ openChannel: host.openChannel }).listen();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

test('what is typed reaches the shell and its echo comes back', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(0);
  shell.type('echo $((6*7)) $TERM $COLORTERM $LANG; pwd\r');
  await shell.shows('42 xterm-256color truecolor C.UTF-8');
  await shell.shows(host.directory);
  await until(() => page.terminals.some(({ terminal }) => terminal === 0), 'the terminal is listed');
  const times: number[] = [];
  for (let key = 0; key < 30; key += 1) {
    const startedAt = performance.now();
    const before = shell.bytes.length;
    shell.type('x');
    while (shell.bytes.length === before) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - startedAt);
  }
  shell.type('\x15exit\r');
  await until(() => shell.exitCode === 0, 'the shell has ended');
  const median = times.sort((a, b) => a - b)[15]!;
  assert.ok(median < 100, `an echo takes ${median} ms`);
});

test('output is the same to the byte when the network is cut again and again', async () => {
  const random = new Random(11);
  using page = await new Page(() => server).ready();
  const contents = randomBytes(400_000);
  await writeFile(join(host.directory, 'random'), contents);
  const shell = page.open(1);
  let cuts = 0;
  let nextCut = 20_000;
  shell.type(`stty raw -echo; printf BEG''IN; cat random; printf EN''D\r`);
  shell.onOutput = () => {
    if (shell.bytes.length < nextCut || cuts === 8) return;
    cuts += 1;
    nextCut += random.integer(45_000);
    if (cuts % 4 === 0) host.cutChannels();
    else page.cut();
  };
  await shell.shows('END');
  const received = shell.bytes;
  const start = received.indexOf('BEGIN') + 5;
  assert.ok(cuts >= 5, `only ${cuts} cuts`);
  assert.deepEqual(shell.snapshots, []);
  assert.ok(received.subarray(start, start + contents.length).equals(contents), 'every byte once and in order');
  assert.equal(received.subarray(start + contents.length, start + contents.length + 3).toString(), 'END');
  await shell.end();
});

test('input is typed once and in order when the network is cut again and again', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(2);
  shell.type('stty -echo; cat >typed; echo DO""NE\r');
  await until(() => shell.bytes.length > 0, 'the shell is there');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const lines = Array.from({ length: 300 }, (_, line) => `line ${line}\r`);
  for (const [index, line] of lines.entries()) {
    shell.type(line);
    if (index % 60 === 59) page.cut();
    if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
    if (index % 60 === 59) await until(() => page.statuses.at(-1)?.state === 'ready', 'the page is back');
  }
  shell.type('\x04');
  await shell.shows('DONE');
  assert.equal(await readFile(join(host.directory, 'typed'), 'utf8'), lines.join('').replaceAll('\r', '\n'));
  assert.ok(page.connections > 5);
  await shell.end();
});

test('a page that comes back after more than the ring holds is shown the screen', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(3);
  shell.type('sleep 0.5; seq 1 300000; echo la""st\r');
  await shell.shows('sleep');
  page.socket.dispose();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  using other = await new Page(() => server).ready();
  const again = other.open(3);
  await until(() => again.snapshots.length > 0, 'a snapshot came');
  await until(() => (again.snapshots.at(-1)!.text + again.bytes.toString()).includes('last'), 'the end is shown');
  assert.match(again.snapshots.at(-1)!.text + again.bytes.toString(), /299999\r\n300000\r\nlast/);
  await again.end();
});

test('a server that is killed and started again finds the shells as they were', async () => {
  const first = await new ServerRig({ openChannel: host.openChannel }).listen();
  let current = first;
  using page = await new Page(() => current).ready();
  const shell = page.open(4);
  shell.type('kept=y""es; printf "bef""ore "\r');
  await shell.shows('before ');
  const { port } = first;
  await first[Symbol.asyncDispose]();
  await using second = await new ServerRig({ openChannel: host.openChannel }).listen(port);
  current = second;
  shell.type('echo "kept=$kept"\r');
  await shell.shows('kept=yes');
  assert.deepEqual(shell.snapshots, []);
  assert.equal(shell.replacedTimes, 0);
  await shell.end();
});

test('a learner who kills the daemon gets a new shell, and keys meant for the old one are dropped', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(5);
  shell.type('echo re""ady\r');
  await shell.shows('ready');
  await host.killDaemon();
  shell.type('echo lo""st\r');
  await until(() => shell.replacedTimes === 1, 'a new shell is announced');
  shell.type('echo a""gain\r');
  await shell.shows('again');
  assert.equal(shell.bytes.includes('lost'), false);
});

test('sizes are clamped, the last driver decides, and everyone is told', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(6, { cols: 0, rows: 0 });
  await until(() => shell.sizes.length > 0, 'the size is told');
  assert.deepEqual(shell.sizes[0], { size: { cols: 2, rows: 1 }, mine: true });
  shell.line.resize({ cols: 10_000, rows: 10_000 });
  shell.type('stty size\r');
  await shell.shows('200 500');
  using other = await new Page(() => server).ready();
  const second = other.open(6, { cols: 100, rows: 30 });
  await until(() => second.sizes.at(-1)?.mine === true, 'the second page decides');
  await until(() => shell.sizes.at(-1)?.mine === false, 'the first page is told');
  assert.deepEqual(shell.sizes.at(-1)?.size, { cols: 100, rows: 30 });
  await shell.end();
});

test('an observer sees everything and changes nothing', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(0);
  shell.type('echo he""llo\r');
  await shell.shows('hello');
  using watching = await new Page(() => server, 'observer').ready();
  const view = watching.open(0, { cols: 10, rows: 5 });
  await until(() => view.snapshots.length > 0, 'the observer sees the screen');
  assert.match(view.snapshots[0]!.text, /hello/);
  // The page itself refuses; the server must as well.
  watching.current!.send(Buffer.from('110000000001' + Buffer.from('touch typed-by-observer\r').toString('hex'), 'hex'));
  watching.current!.send(Buffer.from('1300' + '00050005', 'hex'));
  watching.current!.send(Buffer.from('1600', 'hex'));
  shell.type('echo on""ly; stty size; ls\r');
  await until(() => view.bytes.includes('24 80'), 'the observer follows');
  assert.equal(shell.bytes.includes('typed-by-observer'), false);
  assert.equal(shell.exitCode, undefined);
  watching.open(7);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(
    page.terminals.some(({ terminal }) => terminal === 7),
    false,
    'an observer starts no shell',
  );
  await shell.end();
});

test('a frozen page holds up its shell but no other viewer and no other terminal', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(0);
  const other = page.open(1);
  using watching = await new Page(() => server, 'observer').ready();
  await until(() => watching.terminals.length >= 2, 'both are listed');
  const view = watching.open(0);
  shell.freeze();
  shell.type('yes\r');
  await until(() => shell.bytes.length > 100_000, 'the window is filled');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = view.bytes.length;
  assert.ok(shell.bytes.length <= 512 * 1024, `${shell.bytes.length} bytes were sent to a page that draws nothing`);
  other.type('echo al""ive\r');
  await other.shows('alive');
  assert.ok(view.bytes.length < stopped + 64 * 1024, 'the shell stands still');
  page.cut();
  await until(() => view.bytes.length + view.snapshots.length > stopped + 1, 'without the page it goes on');
  await until(() => page.statuses.at(-1)?.state === 'ready', 'the page is back');
  shell.thaw();
  const startedAt = performance.now();
  shell.type('\x03echo st""opped\r');
  await until(() => (shell.snapshots.at(-1)?.text ?? '').includes('stopped') || shell.bytes.includes('stopped'), 'Ctrl-C works');
  assert.ok(performance.now() - startedAt < 3000);
  await shell.end();
  await other.end();
});

test('a shell holds no terminal but its own, and binary junk does no harm', async () => {
  using page = await new Page(() => server).ready();
  page.open(0).type('true\r');
  const shell = page.open(1);
  shell.type(
    'ls -l /proc/self/fd | grep -c ptmx; head -c 200000 /dev/urandom; printf "\\033]52;c;$(head -c 100000 /dev/zero | base64 -w0)\\007\\033]0;"; printf "\\033\\134"; echo al""ive\r',
  );
  await shell.shows('alive');
  assert.match(shell.bytes.toString('latin1'), /\r0\r\n/);
  using other = await new Page(() => server).ready();
  const again = other.open(1);
  await until(() => again.snapshots.length === 1, 'the screen survives it');
  await shell.end();
});

test('input that a program does not read neither blocks the host nor grows without bound', async () => {
  using page = await new Page(() => server).ready();
  const shell = page.open(2);
  shell.type('stty raw -echo; sleep 1; echo aw""ake\r');
  await until(() => shell.bytes.length > 0, 'the shell is there');
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (let piece = 0; piece < 20; piece += 1) shell.line.input(Buffer.alloc(50_000, 'z'));
  const other = page.open(3);
  other.type('echo fr""ee\r');
  await other.shows('free');
  await shell.shows('awake');
  await shell.end();
  await other.end();
});
