import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../shared/errors.ts';
import { tryLock, type ExclusiveLock } from '../../store/server/exclusive-lock.ts';

/** What the built site is made of. Server code is not; changing it builds nothing. */
const sources = ['astro.config.ts', 'package-lock.json', 'public', 'labs', 'src'];
const notOfTheSite =
  /^src\/(cli|images|engine|store|http|routes\.ts|server\.ts)|\/(server|container|pty-host)\/|\/(checks\.ts|files\/|solution|near-miss)/;

/** A build takes about 20 s on two cores. */
const buildTimeoutMs = 5 * 60_000;

/** The end of the build's output that is shown when it fails. */
const shownOutput = 4_000;

/**
 * Builds the site into `dist/` when its sources have changed since the last build; two servers never build at once.
 * @throws PlatformError `site-build-failed`
 */
export async function buildSite(root: string): Promise<void> {
  const stampFile = join(root, 'dist', 'sources.sha256');
  const stamp = await hashOfSources(root);
  if ((await readText(stampFile)) === stamp) return;
  const lock = await waitForLock(join(root, 'node_modules', '.cache-site-build.lock'));
  try {
    if ((await readText(stampFile)) === stamp) return;
    await runAstro(root);
    await writeFile(stampFile, stamp);
  } finally {
    lock.release();
  }
}

async function runAstro(root: string): Promise<void> {
  const astro = join(root, 'node_modules', 'astro', 'bin', 'astro.mjs');
  const child = spawn(process.execPath, [astro, 'build'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: buildTimeoutMs,
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-shownOutput);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new PlatformError('site-build-failed', `astro build ended with ${code ?? 'a signal'}:\n${output}`);
}

async function hashOfSources(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await listSources(root)) hash.update(`${file}\0`).update(await readFile(join(root, file)));
  return hash.digest('hex');
}

async function listSources(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const source of sources) {
    const entries = await readdir(join(root, source), { recursive: true, withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) found.push(source);
    else found.push(...entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name))));
  }
  return found.filter((file) => !notOfTheSite.test(file)).sort();
}

async function waitForLock(file: string): Promise<ExclusiveLock> {
  for (;;) {
    const lock = tryLock(file);
    if (lock !== undefined) return lock;
    await sleep(200);
  }
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
