import { mkdir, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { PlatformError } from '../../shared/errors.ts';

const gibibyte = 1024 ** 3;

/** Room for the peak of a first build (below 20 GiB, most of it build cache) and for a few sandboxes. */
export const freeDiskToBuildBytes = 25 * gibibyte;
/** Room for one sandbox and what the engine writes meanwhile, once every image is there. */
export const freeDiskToRunBytes = 3 * gibibyte;
/** The linker of the largest tool takes about 3 GiB. */
export const freeMemoryToBuildBytes = 4 * gibibyte;

/** Refuses to build on a disk that would fill up. `directory` is where the engine keeps its data, when that is on this machine. */
export async function requireDisk(directory: string, neededBytes: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw new PlatformError('disk-too-small', `${directory} has ${gibibytes(freeBytes)} free; expected at least ${gibibytes(neededBytes)}.`);
}

/** Refuses to build with too little memory. `availableBytes` is what programs may still take. */
export function requireMemory(neededBytes: number, availableBytes = freemem()): void {
  if (availableBytes >= neededBytes) return;
  throw new PlatformError('memory-too-small', `${gibibytes(availableBytes)} of memory are free; building needs ${gibibytes(neededBytes)}.`);
}

function gibibytes(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
