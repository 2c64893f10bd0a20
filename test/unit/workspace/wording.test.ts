import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitAtDigests, wordCount, wordDuration, wordProgress, wordTimeLeft } from '../../../src/workspace/wording.ts';

const hex = '4f1c9a0b2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde';

describe('digests', () => {
  it('are shortened in the middle and kept whole beside it', () => {
    assert.deepEqual(splitAtDigests(`app@sha256:${hex}, not latest`), [
      { kind: 'text', text: 'app@' },
      { kind: 'digest', whole: `sha256:${hex}`, short: 'sha256:4f1c9a0b…bccdde' },
      { kind: 'text', text: ', not latest' },
    ]);
  });

  it('are recognised as a referrers tag and bare', () => {
    assert.deepEqual(
      splitAtDigests(`sha256-${hex} ${hex}`).map((part) => (part.kind === 'digest' ? part.short : part.text)),
      ['sha256-4f1c9a0b…bccdde', ' ', '4f1c9a0b…bccdde'],
    );
  });

  it('leave shorter hexadecimal words alone', () => {
    assert.deepEqual(splitAtDigests('commit 4f1c9a0b2d3e'), [{ kind: 'text', text: 'commit 4f1c9a0b2d3e' }]);
  });
});

describe('times', () => {
  it('have a tenth below ten seconds, whole seconds above, and minutes', () => {
    assert.deepEqual([400, 6123, 47_600, 200_400].map(wordDuration), ['0.4 s', '6.1 s', '48 s', '3 min 20 s']);
  });

  it('stand beside the usual time when there is one', () => {
    assert.equal(wordProgress(6100, 7900), '6.1 s of about 8 s');
    assert.equal(wordProgress(100, 450), '0.1 s of about 0.5 s');
    assert.equal(wordProgress(6100, undefined), '6.1 s');
  });

  it('that are left read as a clock and never below zero', () => {
    assert.deepEqual([42 * 60_000 + 9_500, 4_050_000, -5].map(wordTimeLeft), ['42:10', '1:07:30', '0:00']);
  });
});

it('a number takes the right form of its noun', () => {
  assert.deepEqual([wordCount(1, 'step', 'steps'), wordCount(0, 'step', 'steps')], ['1 step', '0 steps']);
});
