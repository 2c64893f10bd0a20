import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../../shared/errors.ts';
import { tryLock, type ExclusiveLock } from '../../store/server/exclusive-lock.ts';

/** The one server that may use a data directory. */
export interface DataDirectory {
  readonly path: string;
  /** 8 hex characters, made once per data directory; part of the name of everything on the engine. */
  readonly instance: string;
  /** Tells a second server where the first one is. */
  announce(address: string): Promise<void>;
  release(): void;
}

/**
 * Makes the data directory when it is missing and takes it for this process.
 * @throws PlatformError `data-in-use` that names the process and its address when another server has it.
 */
export async function claimDataDirectory(path: string): Promise<DataDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = tryLock(join(path, 'server.lock')) ?? (await refuse(path));
  const owner = join(path, 'server.json');
  await writeFile(owner, JSON.stringify({ pid: process.pid }));
  return {
    path,
    instance: await loadOrCreateInstance(path),
    announce: (address) => writeFile(owner, JSON.stringify({ pid: process.pid, address })),
    release: () => lock.release(),
  };
}

/** The instance id of a data directory, made when it has none. */
export async function loadOrCreateInstance(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const known = await findInstance(path);
  if (known !== undefined) return known;
  const instance = randomBytes(4).toString('hex');
  await writeFile(join(path, 'instance'), `${instance}\n`, { flag: 'wx' }).catch(ignoreExisting);
  return (await findInstance(path)) ?? instance;
}

/** The instance id of a data directory, or undefined when it has none. */
export async function findInstance(path: string): Promise<string | undefined> {
  const text = await readFile(join(path, 'instance'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const instance = text.trim();
  if (/^[0-9a-f]{8}$/.test(instance)) return instance;
  throw new PlatformError(
    'data-damaged',
    `${join(path, 'instance')} must hold 8 hex characters, found ${JSON.stringify(instance.slice(0, 40))}.`,
  );
}

/** The running server of a data directory, or undefined when there is none. */
export async function findServer(path: string): Promise<{ pid: number; address: string | undefined } | undefined> {
  if ((await findInstance(path)) === undefined) return undefined;
  const lock = tryLock(join(path, 'server.lock'));
  lock?.release();
  return lock === undefined ? readOwner(path) : undefined;
}

async function refuse(path: string): Promise<ExclusiveLock> {
  const { pid, address } = await readOwner(path);
  throw new PlatformError('data-in-use', `${path} is used by process ${pid}${address === undefined ? '' : `, which serves ${address}`}.`);
}

async function readOwner(path: string): Promise<{ pid: number; address: string | undefined }> {
  const text = await readFile(join(path, 'server.json'), 'utf8').catch(() => '{}');
  const { pid, address } = JSON.parse(text) as { pid?: number; address?: string };
  return { pid: pid ?? 0, address };
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}
