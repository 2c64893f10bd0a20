import type { Agent } from 'node:http';
import { PlatformError } from '../../shared/errors.ts';
import { fetchBounded } from './bounded-fetch.ts';

/** Entries of one tile (C2SP tlog-tiles). */
const tileWidth = 256;
/** 256 entries of at most 64 KiB each. */
const maxTileBytes = tileWidth * 65_537;
const maxCheckpointBytes = 64 * 1024;
const prefix = '/api/v2';

/** Reads the platform's transparency log as anybody can: checkpoint and entry tiles. */
export class LogReader {
  readonly #agent: Agent;
  readonly #host: string;
  readonly #signal: AbortSignal | undefined;

  constructor({ agent, host, signal }: { agent: Agent; host: string; signal?: AbortSignal }) {
    this.#agent = agent;
    this.#host = host;
    this.#signal = signal;
  }

  /** How many entries the log's newest checkpoint covers. */
  async size(): Promise<number> {
    const checkpoint = await this.#get('checkpoint', maxCheckpointBytes);
    const size = Number(checkpoint?.toString('utf8').split('\n')[1]);
    if (!Number.isSafeInteger(size)) throw this.#unavailable('has no readable checkpoint');
    return size;
  }

  /** The bytes of an entry; undefined when the log has none of that index. */
  async entry(index: number): Promise<Buffer | undefined> {
    const size = await this.size();
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
    const tile = Math.floor(index / tileWidth);
    const width = Math.min(tileWidth, size - tile * tileWidth);
    const suffix = width === tileWidth ? '' : `.p/${width}`;
    const bytes = await this.#get(`tile/entries/${tilePath(tile)}${suffix}`, maxTileBytes);
    return bytes === undefined ? undefined : nthEntry(bytes, index % tileWidth);
  }

  async #get(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    try {
      const answer = await fetchBounded({ agent: this.#agent, host: this.#host, path: `${prefix}/${path}`, maxBytes, ...signal });
      if (answer.kind === 'answer' && answer.status === 200) return answer.body;
      if (answer.kind === 'answer' && answer.status === 404) return undefined;
    } catch (error) {
      throw this.#unavailable('did not answer', error);
    }
    throw this.#unavailable(`answered strangely for ${path}`);
  }

  #unavailable(what: string, cause?: unknown): PlatformError {
    return new PlatformError('trust-unavailable', `The transparency log ${this.#host} ${what}.`, { cause });
  }
}

/** Index in groups of three digits, all but the last marked with an x: 1234067 is x001/x234/067. */
export function tilePath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, position) => (position < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** An entry tile is a row of entries, each behind its length in two bytes. */
function nthEntry(tile: Buffer, wanted: number): Buffer | undefined {
  let offset = 0;
  for (let position = 0; offset + 2 <= tile.length; position += 1) {
    const end = offset + 2 + tile.readUInt16BE(offset);
    if (position === wanted) return tile.subarray(offset + 2, end);
    offset = end;
  }
  return undefined;
}
