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

/** What a read of one file found; `not-a-file` covers directories, links and devices. */
export type FileRead =
  | { readonly kind: 'file'; readonly contents: Buffer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-a-file' }
  | { readonly kind: 'too-large'; readonly bytes: number };

/**
 * The first entry of an archive, when it is a regular file of at most `maxBytes`. The archive is hostile: it is
 * not read further than the limit and a header more.
 */
export async function unpackSingleFile(archive: Readable, maxBytes: number): Promise<FileRead> {
  const extract = tar.extract();
  archive.on('error', (error) => extract.destroy(error));
  archive.pipe(extract);
  try {
    for await (const entry of extract) {
      const bytes = entry.header.size ?? 0;
      if (entry.header.type !== 'file') return { kind: 'not-a-file' };
      if (bytes > maxBytes) return { kind: 'too-large', bytes };
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      return { kind: 'file', contents: Buffer.concat(chunks) };
    }
    return { kind: 'missing' };
  } finally {
    archive.destroy();
    extract.destroy();
  }
}
