import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectBounded } from '../../../src/engine/server/bounded-output.ts';
import { ExecDemultiplexer } from '../../../src/engine/server/exec-demultiplexer.ts';

function frame(stream: 1 | 2, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

const unlimited = { maxBytes: Number.MAX_SAFE_INTEGER, onOverflow: () => undefined };

describe('ExecDemultiplexer', () => {
  it('separates the two outputs wherever the stream is cut', async () => {
    const whole = Buffer.concat([frame(1, 'one '), frame(2, 'error'), frame(1, ''), frame(1, 'two')]);
    for (let cut = 1; cut < whole.length; cut += 1) {
      const demultiplexer = new ExecDemultiplexer();
      const texts = Promise.all([collectBounded(demultiplexer.output, unlimited), collectBounded(demultiplexer.errors, unlimited)]);
      demultiplexer.write(whole.subarray(0, cut));
      demultiplexer.end(whole.subarray(cut));
      const [output, errors] = await texts;
      assert.equal(output.bytes.toString(), 'one two');
      assert.equal(errors.bytes.toString(), 'error');
    }
  });

  it('stops taking bytes while nobody reads', async () => {
    const demultiplexer = new ExecDemultiplexer();
    let accepted = 0;
    while (demultiplexer.write(frame(1, Buffer.alloc(8192)))) {
      accepted += 8192;
      await new Promise(setImmediate);
      assert.ok(accepted < 1024 * 1024, 'a flood without a reader was buffered');
    }
  });

  it('ends both outputs when it is destroyed', async () => {
    const demultiplexer = new ExecDemultiplexer();
    const output = collectBounded(demultiplexer.output, unlimited);
    demultiplexer.write(frame(1, 'partial'));
    demultiplexer.destroy();
    assert.equal((await output).bytes.toString(), 'partial');
  });
});

describe('collectBounded', () => {
  it('keeps the first bytes and says that there were more', async () => {
    const demultiplexer = new ExecDemultiplexer();
    let overflowed = false;
    const collected = collectBounded(demultiplexer.output, { maxBytes: 4, onOverflow: () => (overflowed = true) });
    demultiplexer.write(frame(1, 'abcdefgh'));
    assert.deepEqual(await collected, { bytes: Buffer.from('abcd'), truncated: true });
    assert.equal(overflowed, true);
  });
});
