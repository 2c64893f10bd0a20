import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SerializeAddon } from '@xterm/addon-serialize';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import headless from '@xterm/headless';
import { SequenceTracker } from '../../../src/terminal/pty-host/sequence-tracker.ts';
import { TerminalScreen } from '../../../src/terminal/pty-host/terminal-screen.ts';

const size = { cols: 40, rows: 12 };

/** Colours, splits inside sequences and characters, margins, titles, wide and joined characters, alternate screen, modes. */
const corpus = Buffer.from(
  [
    'plain line\r\n\x1b[1;31mred bold\x1b[0m and \x1b[38;2;10;200;30mtrue colour\x1b[m\r\n',
    'wide 漢字 and é and \u{1f468}\u200d\u{1f469}\u200d\u{1f467} joined\r\n',
    '\x1b]0;a title\x07\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\\r\n',
    '\x1bP+q544e\x1b\\after a device string\r\n',
    '\x1b[3;8r\x1b[5;1Hinside margins\r\n\n\n\n\x1b[r',
    '\x1b[?1006h\x1b[?2004h\x1b[2 qcursor and modes\r\n',
    '\x1b[?1049h\x1b[2J\x1b[4;7Halternate \x1b[7mscreen\x1b[0m\x1b[?25l',
    '\x1b[?1049l\x1b[?25hback again \x1b[?2026$p\x1b(0lqk\x1b(B\r\n',
    Array.from({ length: 15 }, (_, line) => `line ${line}\r\n`).join(''),
    '\x1b[2;9r\x1b[9;3Hlast row of the margins',
  ].join(''),
  'utf8',
);

test('a snapshot taken at any byte, and the rest after it, draw the same screen as the whole', async () => {
  const expected = await drawn([corpus]);
  for (let cut = 0; cut <= corpus.length; cut += 1) {
    const screen = new TerminalScreen(size, () => undefined);
    await written(screen, corpus.subarray(0, cut));
    const { bytes, offset } = screen.snapshot((from, length) => corpus.subarray(from, from + length));
    assert.equal(offset, cut);
    const same = (await drawn([bytes, corpus.subarray(cut)])) === expected;
    assert.ok(same, `cut at ${cut}, after ${JSON.stringify(corpus.subarray(Math.max(0, cut - 20), cut).toString())}`);
    screen.dispose();
  }
});

test('a screen with nothing but colours still fits into a snapshot', async () => {
  const screen = new TerminalScreen({ cols: 500, rows: 200 }, () => undefined);
  const cell = (index: number): string => `\x1b[38;2;${index % 256};${(index >> 3) % 256};7;48;2;9;${index % 251};${index % 241}m#`;
  await written(screen, Buffer.from(Array.from({ length: 500 * 300 }, (_, index) => cell(index)).join('')));
  const { bytes } = screen.snapshot(() => Buffer.alloc(0));
  assert.ok(bytes.length < 1024 * 1024, `${bytes.length} bytes`);
  assert.ok(bytes.includes('#'.repeat(500)), 'the text is there without its colours');
  screen.dispose();
});

test('a program that asks is answered', async () => {
  const answers: string[] = [];
  const screen = new TerminalScreen(size, (answer) => answers.push(answer));
  await written(screen, Buffer.from('\x1b[6n\x1b[?2026$p'));
  assert.deepEqual(answers, ['\x1b[1;1R', '\x1b[?2026;2$y']);
  screen.dispose();
});

test('a control string that never ends is not kept', () => {
  const tracker = new SequenceTracker();
  tracker.push(Buffer.from('\x1b]52;c;'));
  assert.equal(tracker.tailBytes, 7);
  for (let round = 0; round < 100; round += 1) tracker.push(Buffer.alloc(10_000, 'A'));
  assert.equal(tracker.tailBytes, 0);
  tracker.push(Buffer.from('\x07plain\xc3', 'latin1'));
  assert.equal(tracker.tailBytes, 1);
});

function written(screen: TerminalScreen, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => screen.write(bytes, resolve));
}

/** Text, colours, cursor and modes after these bytes on a new terminal, as one string to compare. */
async function drawn(parts: readonly Buffer[]): Promise<string> {
  const terminal = new headless.Terminal({ ...size, scrollback: 1000, allowProposedApi: true });
  terminal.loadAddon(new UnicodeGraphemesAddon());
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve));
  const serializer = new SerializeAddon();
  terminal.loadAddon(serializer);
  const { cursorX, cursorY } = terminal.buffer.active;
  const description = JSON.stringify({ screen: serializer.serialize(), cursorX, cursorY, modes: terminal.modes });
  terminal.dispose();
  return description;
}
