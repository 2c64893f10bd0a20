import { posix } from 'node:path';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { FileToPut } from '../../engine/server/docker-types.ts';
import { packFiles, type FileRead } from '../../engine/server/tar-files.ts';
import { PlatformError } from '../../shared/errors.ts';
import { runCommand } from './run-command.ts';
import type { ListedFile, Listing } from './sandbox-driver.ts';

/** Home and lab folder of the learner in the toolbox. */
export const learnerHome = '/home/learner';
export const labFolder = `${learnerHome}/lab`;
export const learnerUser = 'learner';

const maxListedFiles = 2000;
const maxListingBytes = 1024 * 1024;

interface Toolbox {
  readonly docker: DockerClient;
  readonly container: string;
}

/**
 * Writes files with the learner's own rights, so that a symbolic link in the way can lead only to where the learner
 * may write anyway. Folders are made; the lab folder always exists afterwards.
 */
export async function putLearnerFiles({ docker, container }: Toolbox, files: readonly FileToPut[]): Promise<void> {
  const archive = await packFiles(files.map((file) => ({ ...file, uid: 1000, gid: 1000 })));
  const script = `mkdir -p ${labFolder} && exec tar --extract --preserve-permissions --no-same-owner --directory=/ --file=-`;
  const result = await runCommand({ docker, container, user: learnerUser, folder: '/' }, ['/bin/sh', '-c', script], {
    stdin: archive,
    timeoutMs: 30_000,
    maxBytes: 4096,
  });
  if (result.exitCode === 0) return;
  const reason = result.timedOut ? 'it took more than 30 s' : result.stderr.toString('utf8').trim();
  throw new PlatformError('file-unwritable', `${files.map((file) => file.path).join(', ')} could not be written: ${reason}`);
}

/**
 * Reads one file through the engine, not through processes that the learner could starve or replace. The engine reads
 * as root within the toolbox, so nothing that the learner may not know is ever kept there.
 */
export async function readLearnerFile({ docker, container }: Toolbox, path: string, maxBytes: number): Promise<FileRead> {
  // A path that ends in a slash would make the engine follow a link.
  return docker.readFile(container, posix.resolve(learnerHome, path), maxBytes);
}

/** Lists what a folder holds, without following links or leaving its file system. */
export async function listLearnerFiles({ docker, container }: Toolbox, path: string): Promise<Listing> {
  const folder = posix.resolve(labFolder, path);
  const result = await runCommand(
    { docker, container, user: learnerUser, folder: '/' },
    ['/usr/bin/find', folder, '-mindepth', '1', '-maxdepth', '6', '-xdev', '-printf', '%y\\t%s\\t%T@\\t%P\\0'],
    { timeoutMs: 5000, maxBytes: maxListingBytes, env: { LC_ALL: 'C.UTF-8' } },
  );
  return parseListing(result.stdout.toString('utf8'), !result.truncated && !result.timedOut);
}

/** Reads the records that `find` printed, each ended by a zero byte; a torn last one is dropped. */
export function parseListing(text: string, endReached: boolean): Listing {
  const records = text.split('\0').slice(0, -1);
  const files = records.slice(0, maxListedFiles).flatMap(parseRecord);
  return { files, complete: endReached && records.length <= maxListedFiles };
}

const kinds: Readonly<Record<string, ListedFile['kind']>> = { f: 'file', d: 'directory', l: 'symlink' };

function parseRecord(record: string): ListedFile[] {
  const match = /^(.)\t(\d+)\t(\d+)[.\d]*\t(.+)$/s.exec(record);
  if (match === null) return [];
  const [, type = '', bytes, seconds, path = ''] = match;
  return [{ path, kind: kinds[type] ?? 'other', bytes: Number(bytes), modifiedAtMs: Number(seconds) * 1000 }];
}
