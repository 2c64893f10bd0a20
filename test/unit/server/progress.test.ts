import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { PlatformKeeper } from '../../../src/platform/server/keep-prepared.ts';
import { PreparationBoard } from '../../../src/platform/server/preparation-board.ts';
import { ProgressPrinter } from '../../../src/platform/server/print-progress.ts';
import { StageDurations } from '../../../src/platform/server/stage-durations.ts';
import { PlatformError } from '../../../src/shared/errors.ts';
import { openStore } from '../../../src/store/server/store.ts';

describe('the printer', () => {
  it('prints one line a stage without a terminal', () => {
    const lines: string[] = [];
    const printer = new ProgressPrinter({ write: (text) => lines.push(text) }, {});
    printer.report({ stage: 'a', title: 'Building', state: 'running', elapsedMs: 0, expectedMs: 1000 });
    printer.report({ stage: 'a', title: 'Building', state: 'done', elapsedMs: 1234 });
    printer.report({ stage: 'b', title: 'Starting', state: 'failed', elapsedMs: 10, detail: 'no disk' });
    printer.stop();
    assert.match(lines.join(''), /^v Building +1\.2 s\nx Starting +0\.0 s\n$/);
  });

  it('uses colours on a terminal, unless NO_COLOR is set', () => {
    const print = (env: Record<string, string>): string => {
      const lines: string[] = [];
      const printer = new ProgressPrinter({ isTTY: true, columns: 80, write: (text) => lines.push(text) }, env);
      printer.report({ stage: 'a', title: 'Building', state: 'done', elapsedMs: 1 });
      printer.stop();
      return lines.join('');
    };
    assert.match(print({}), /\u001b\[32m/);
    assert.doesNotMatch(print({ NO_COLOR: '1' }), /\u001b\[32m/);
  });
});

describe('the preparation', () => {
  it('shows stages, fails with the remedy, and begins anew', () => {
    const board = new PreparationBoard();
    let changes = 0;
    const stop = board.subscribe(() => (changes += 1));
    board.report({ stage: 'engine', title: 'Engine', state: 'running', elapsedMs: 0 });
    board.fail(new PlatformError('engine-unavailable', 'No engine was found.'));
    assert.equal(board.view().failure?.code, 'engine-unavailable');
    assert.equal(board.view().stages.length, 1);
    board.begin();
    assert.deepEqual(board.view(), { state: 'preparing', stages: [] });
    assert.equal(changes, 3);
    stop();
  });

  it('is done again when the engine is lost, and ends with the signal', async () => {
    const board = new PreparationBoard();
    const stopping = new AbortController();
    let prepared = 0;
    const opened: number[] = [];
    const stopped: number[] = [];
    const keeper = new PlatformKeeper({
      board,
      signal: stopping.signal,
      prepare: () => {
        const number = (prepared += 1);
        return Promise.resolve({ number, stop: () => Promise.resolve(void stopped.push(number)) });
      },
      open: ({ number }) => Promise.resolve(void opened.push(number)),
      onFailure: (error) => assert.fail(String(error)),
    });
    const running = keeper.run();
    await sleep(5);
    assert.equal(board.view().state, 'ready');
    keeper.lost();
    await sleep(5);
    assert.deepEqual(opened, [1, 2]);
    assert.deepEqual(stopped, [1]);
    stopping.abort();
    await running;
  });
});

describe('durations of stages', () => {
  it('are learnt and survive a restart', async () => {
    const store = await openStore(':memory:');
    const durations = await StageDurations.load(store);
    assert.equal(durations.expectedMs('cluster'), undefined);
    await durations.learn('cluster', 10_000);
    await durations.learn('cluster', 20_000);
    assert.equal((await StageDurations.load(store)).expectedMs('cluster'), 13_000);
    await store.destroy();
  });
});
