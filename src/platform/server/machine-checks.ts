import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { freeDiskToBuildBytes, freeDiskToRunBytes, requireDisk } from '../../engine/server/check-resources.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { PlatformConfig } from './config.ts';

const gibibyte = 1024 ** 3;

/** One sandbox with a cluster, the signing services and this server; building needs more and says so itself. */
export const neededMemoryBytes = 3 * gibibyte;

/**
 * Refuses, before anything is made, a machine on which preparing could not end well.
 * @throws PlatformError `disk-too-small`, `memory-too-small` or `port-busy`
 */
export async function checkMachine(config: PlatformConfig): Promise<void> {
  await requireDisk(config.cacheDirectory, neededDiskBytes(config));
  checkMemory();
  await checkPort(config.host, config.port);
}

/** Bytes of free disk that the next start needs. */
export function neededDiskBytes(config: PlatformConfig): number {
  if (config.diskGiB !== undefined) return config.diskGiB * gibibyte;
  return existsSync(builtMarker(config.cacheDirectory)) ? freeDiskToRunBytes : freeDiskToBuildBytes;
}

/** Remembers that every image has been built with this cache, so that later starts need little disk. */
export async function markBuilt(cacheDirectory: string): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  await writeFile(builtMarker(cacheDirectory), 'Every image was built once with this cache.\n');
}

/** @throws PlatformError `memory-too-small` */
export function checkMemory(availableBytes = freemem(), neededBytes = neededMemoryBytes): void {
  if (availableBytes >= neededBytes) return;
  const [found, needed] = [availableBytes, neededBytes].map((bytes) => (bytes / gibibyte).toFixed(1));
  throw new PlatformError('memory-too-small', `A lab needs ${needed} GiB of available memory, found ${found} GiB.`);
}

/** @throws PlatformError `port-busy` */
export async function checkPort(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(portError(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

/** What the system says when an address cannot be listened on, as a person reads it. */
export function portError(error: Error, host: string, port: number): PlatformError {
  const busy = 'code' in error && error.code === 'EADDRINUSE';
  const reason = busy ? 'another program listens on it' : error.message;
  return new PlatformError('port-busy', `The server cannot listen on ${host}:${port}: ${reason}.`, { cause: error });
}

function builtMarker(cacheDirectory: string): string {
  return join(cacheDirectory, 'images-built');
}
