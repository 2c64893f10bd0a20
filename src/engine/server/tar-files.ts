import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import tar from 'tar-stream';
import type { FileToPut } from './docker-types.ts';

/** Packs files with their missing directories into a tar archive rooted at `/`. */
export async function packFiles(files: readonly FileToPut[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const file of files) {
    pack.entry(
      { name: posix.relative('/', file.path), mode: file.mode ?? 0o644, uid: file.uid ?? 0, gid: file.gid ?? 0 },
      file.contents as string,
    );
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The contents of an archive that holds one regular file; undefined when it holds anything else or more than
 * `maxBytes`. The archive is hostile: it is not read further than the limit and a header more.
 */
export async function unpackSingleFile(archive: Readable, maxBytes: number): Promise<Buffer | undefined> {
  const extract = tar.extract();
  archive.on('error', (error) => extract.destroy(error));
  archive.pipe(extract);
  try {
    for await (const entry of extract) {
      if (entry.header.type !== 'file' || (entry.header.size ?? 0) > maxBytes) return undefined;
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    }
    return undefined;
  } finally {
    archive.destroy();
    extract.destroy();
  }
}
