import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the embedded engine of one cache directory keeps its things. */
export interface EnginePaths {
  /** Debian root with dockerd. */
  readonly root: string;
  /** Images, containers, volumes, build cache. */
  readonly data: string;
  /** Held by the engine's processes as long as one of them lives. */
  readonly lock: string;
  readonly log: string;
  /** Socket, pid file; outside the cache, since a socket's path may have 107 bytes only. */
  readonly run: string;
  readonly socket: string;
  /** Name of the engine's network link and of its control group, at most 15 bytes. */
  readonly name: string;
}

/** `${XDG_CACHE_HOME:-~/.cache}/proofground`: what every clone and instance of this user shares. */
export function defaultCacheDirectory(environment: NodeJS.ProcessEnv): string {
  const home = environment['XDG_CACHE_HOME'];
  return join(home === undefined || home === '' ? join(homedir(), '.cache') : resolve(home), 'proofground');
}

/** The paths of the one engine that belongs to a cache directory. */
export function enginePaths(cacheDirectory: string): EnginePaths {
  const id = createHash('sha256').update(resolve(cacheDirectory)).digest('hex').slice(0, 8);
  const directory = join(resolve(cacheDirectory), 'engine');
  const run = `/run/proofground/${id}`;
  return {
    root: join(directory, 'root'),
    data: join(directory, 'data'),
    lock: join(directory, 'lock'),
    log: join(directory, 'engine.log'),
    run,
    socket: `${run}/docker.sock`,
    name: `pg-${id}`,
  };
}
