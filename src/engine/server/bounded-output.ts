import type { Readable } from 'node:stream';

/** Limit of what is collected, and what to do when there is more. */
interface Bounds {
  readonly maxBytes: number;
  readonly onOverflow: () => void;
}

/** Collects a stream up to `maxBytes`; what comes after is dropped, the rest of the stream is not read. */
export function collectBounded(stream: Readable, { maxBytes, onOverflow }: Bounds): Promise<{ bytes: Buffer; truncated: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => resolve({ bytes: Buffer.concat(chunks), truncated: size > maxBytes });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, Math.max(0, maxBytes - size)));
      size += chunk.length;
      if (size <= maxBytes) return;
      stream.destroy();
      onOverflow();
    });
    for (const event of ['end', 'close', 'error']) stream.once(event, finish);
  });
}

/** The text of a finished, multiplexed log or exec answer (8 byte headers of the Engine API), both outputs in order. */
export function demultiplex(bytes: Buffer): string {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(offset + 4);
    parts.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
