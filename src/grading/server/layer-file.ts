import { posix } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import tar from 'tar-stream';
import type { Descriptor } from './manifest.ts';
import type { Found, RegistryReader } from './registry-reader.ts';

/** Largest layer that is fetched, largest that it may unpack to, and largest file that is looked at. */
const limits = { layerBytes: 32 * 1024 * 1024, unpackedBytes: 128 * 1024 * 1024, fileBytes: 256 * 1024 };

/** Where layers are. */
export interface LayerSource {
  readonly registry: RegistryReader;
  readonly repository: string;
}

/** A file as the topmost of the layers has it, as text. */
export async function readFileOfLayers(
  { registry, repository }: LayerSource,
  layers: readonly Descriptor[],
  path: string,
): Promise<Found<string>> {
  for (const layer of layers.toReversed()) {
    const blob = await registry.blob(repository, layer.digest, limits.layerBytes);
    if (blob.kind !== 'found') return blob.kind === 'missing' ? { kind: 'unusable', reason: `the layer ${layer.digest} is missing` } : blob;
    const file = await readFileOfLayer(blob.value, layer.mediaType, path);
    if (file.kind !== 'missing') return file;
  }
  return { kind: 'missing' };
}

async function readFileOfLayer(bytes: Buffer, mediaType: string, path: string): Promise<Found<string>> {
  const wanted = posix.join('/', path);
  const extract = tar.extract();
  const unpacking = pipeline([Readable.from([bytes]), ...unpackers(mediaType), limitTo(limits.unpackedBytes), extract]);
  // Failures of the pipeline surface in the loop below as well.
  unpacking.catch(() => undefined);
  try {
    for await (const entry of extract) {
      if (posix.join('/', entry.header.name) === wanted) return await readEntry(entry, entry.header);
      entry.resume();
    }
    return { kind: 'missing' };
  } catch (error) {
    return { kind: 'unusable', reason: `a layer cannot be unpacked: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    extract.destroy();
  }
}

async function readEntry(entry: AsyncIterable<unknown>, header: tar.Header): Promise<Found<string>> {
  if (header.type !== 'file') return { kind: 'unusable', reason: `${header.name} is no regular file` };
  if ((header.size ?? 0) > limits.fileBytes)
    return { kind: 'unusable', reason: `${header.name} is larger than ${limits.fileBytes / 1024} KiB` };
  const chunks: Buffer[] = [];
  for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
  return { kind: 'found', value: Buffer.concat(chunks).toString('utf8') };
}

function unpackers(mediaType: string): Transform[] {
  if (mediaType.endsWith('gzip')) return [createGunzip()];
  if (mediaType.endsWith('zstd')) return [createZstdDecompress()];
  return [];
}

// A layer of a few kilobytes can unpack to terabytes.
function limitTo(maxBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback) {
      size += chunk.length;
      if (size > maxBytes) callback(new Error(`it holds more than ${maxBytes / 1024 / 1024} MiB`));
      else callback(null, chunk);
    },
  });
}
