import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestRefused, sendBytes, urlOf, type HostHandler } from './http-answers.ts';

/** A full tile is 256 hashes, a full entry bundle 256 entries of at most 64 KiB. */
const maxFileBytes = 16 * 1024 * 1024;
/** Names of C2SP tlog-tiles: the level or `entries`, the index in groups of three digits, `.p/W` when not full. */
const tilePath = /^tile\/(?:entries|\d{1,2})\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?$/;

/**
 * Serves a tile log's read side (C2SP tlog-tiles) from its directory: `/checkpoint` and `/tile/...`, both also below
 * `/api/v2/` as Rekor's interface has them.
 */
export function createLogFileHandler(directory: string): HostHandler {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new RequestRefused(405, 'The log is read with GET.');
    const path = urlOf(request).pathname.replace(/^\/(?:api\/v2\/)?/, '');
    const isTile = tilePath.test(path);
    if (!isTile && path !== 'checkpoint') throw new RequestRefused(404, 'The log serves /api/v2/checkpoint and /api/v2/tile/....');
    const body = await readWhole(join(directory, path));
    if (body === undefined) throw new RequestRefused(404, `The log has no ${path} yet.`);
    const type = isTile ? 'application/octet-stream' : 'text/plain; charset=utf-8';
    sendBytes(response, { status: 200, type, body, ...(isTile && { cache: 'public, max-age=31536000, immutable' }) });
  };
}

async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxFileBytes) throw new RequestRefused(500, 'The file is larger than any tile can be.');
    return await file.readFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR'))
      return undefined;
    throw error;
  }
}
