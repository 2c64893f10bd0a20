import type { Readable } from 'node:stream';

/** Collects a stream up to `maxBytes`; what comes after is dropped, the rest of the stream is not read. */
export function collectBounded(stream: Readable, maxBytes: number): Promise<{ bytes: Buffer; truncated: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (truncated: boolean): void => resolve({ bytes: Buffer.concat(chunks), truncated });
    stream.on('data', (chunk: Buffer) => {
      const room = maxBytes - size;
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      size += chunk.length;
      if (size <= maxBytes) return;
      stream.destroy();
      finish(true);
    });
    stream.once('end', () => finish(false));
    stream.once('close', () => finish(size > maxBytes));
    stream.once('error', () => finish(size > maxBytes));
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
