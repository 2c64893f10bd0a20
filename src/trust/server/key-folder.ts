import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { PlatformError } from '../../shared/errors.ts';

/** Lists the files with their hashes; written last, so a folder with it is complete. */
const manifestName = 'manifest.json';
const manifestSchema = z.object({ version: z.literal(1), files: z.record(z.string(), z.string()) });

/**
 * Files of a key folder by name, or undefined when there is none (or an empty one). Leftovers of a creation that was
 * broken off are removed. Throws PlatformError `trust-keys-damaged` when a file is missing or differs.
 */
export async function readKeyFolder(directory: string): Promise<Map<string, string> | undefined> {
  await removeLeftovers(directory);
  const present = await listFiles(directory);
  if (present.length === 0) return undefined;
  if (!present.includes(manifestName))
    throw damaged(directory, `${manifestName} is missing, while ${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} there`);
  const manifest = parseManifest(await readFile(join(directory, manifestName), 'utf8'), directory);
  const files = new Map<string, string>();
  for (const [name, expected] of Object.entries(manifest)) {
    if (!present.includes(name)) throw damaged(directory, `${name} is missing`);
    const text = await readFile(join(directory, name), 'utf8');
    if (sha256Hex(text) !== expected) throw damaged(directory, `${name} is not what was written`);
    files.set(name, text);
  }
  return files;
}

/**
 * Writes a key folder so that it is either there with all its files or not at all, and returns the files that are
 * there afterwards: those of another process when that was quicker.
 */
export async function writeKeyFolder(directory: string, files: Map<string, string>): Promise<Map<string, string>> {
  const partial = `${directory}${leftoverMark}${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const hashes = Object.fromEntries([...files].map(([name, text]) => [name, sha256Hex(text)]));
  const contents = new Map([...files, [manifestName, JSON.stringify({ version: 1, files: hashes }, null, 1)]]);
  for (const [name, text] of contents) await writeFile(join(partial, name), text, { mode: 0o600, flush: true });
  await syncDirectory(partial);
  try {
    await rename(partial, directory);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!isErrorOf(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    return (await readKeyFolder(directory)) ?? files;
  }
  await syncDirectory(dirname(directory));
  return files;
}

const leftoverMark = '.partial-';

/** No key of an unfinished folder was ever used, since nobody had read it. */
async function removeLeftovers(directory: string): Promise<void> {
  const parent = dirname(directory);
  for (const name of await listFiles(parent)) {
    const owner = name.startsWith(`${basename(directory)}${leftoverMark}`) ? Number(name.split('-').at(-2)) : undefined;
    if (owner !== undefined && !isRunning(owner)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function listFiles(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrorOf(error, 'ENOENT')) return [];
    throw error;
  }
}

function parseManifest(text: string, directory: string): Record<string, string> {
  try {
    return manifestSchema.parse(JSON.parse(text)).files;
  } catch {
    throw damaged(directory, `${manifestName} cannot be read`);
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrorOf(error, 'EPERM');
  }
}

function isErrorOf(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function damaged(directory: string, what: string): PlatformError {
  return new PlatformError('trust-keys-damaged', `The keys in ${directory} cannot be used: ${what}.`);
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
