import { spawn } from 'node:child_process';
import { access, mkdir, open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import { canMakeDebianRoot, makeDebianRoot } from './debian-root.ts';
import { DockerClient } from './docker-client.ts';
import { enginePaths, type EnginePaths } from './engine-paths.ts';
import { runCommand } from './run-command.ts';
import { within } from './within.ts';

const scripts = fileURLToPath(new URL('../../../sandbox/engine/', import.meta.url));
const rootPackages = [
  'docker.io',
  'docker-cli',
  'docker-buildx',
  'apparmor',
  'ca-certificates',
  'iproute2',
  'iptables',
  'kmod',
  'pigz',
  'procps',
  'xz-utils',
];

/** dockerd answers after about a second; a slow disk with many containers to look through takes longer. */
const startTimeoutMs = 60_000;
/** A daemon that hangs takes connections but says nothing. */
const answerTimeoutMs = 5000;
/** dockerd gives containers ten seconds to end. */
const stopTimeoutMs = 40_000;
/** Exit code of `flock --nonblock` when somebody else holds the lock; any that neither the script nor dockerd uses. */
const lockIsHeld = 75;

/** Whether this machine can run the embedded engine. */
export async function canRunEmbeddedEngine(cacheDirectory: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return (await exists(enginePaths(cacheDirectory).root)) || (await canMakeDebianRoot());
}

/**
 * Attaches to the engine of this cache directory, or starts it; resolves once it answers. One runs per cache
 * directory: its processes hold the lock. What a crashed one left is cleared away first, and so is one that does not
 * answer within `timeoutMs`.
 */
export async function attachOrStartEmbedded(cacheDirectory: string, report: Report, timeoutMs = startTimeoutMs): Promise<DockerClient> {
  const paths = enginePaths(cacheDirectory);
  const docker = new DockerClient(`unix://${paths.socket}`);
  if (await answers(docker)) return docker;
  await ensureRoot(paths, report);
  await runStage(report, { stage: 'engine', title: 'Starting the engine', expectedMs: 2000 }, () =>
    startRecovering(paths, docker, timeoutMs),
  );
  return docker;
}

/** Ends the engine of this cache directory and removes its processes, mounts, network and firewall rules. Idempotent. */
export async function stopEmbedded(cacheDirectory: string): Promise<void> {
  const paths = enginePaths(cacheDirectory);
  const pid = await runningPid(paths);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    await waitUntil(async () => (await runningPid(paths)) === undefined, stopTimeoutMs);
  }
  await clearAway(paths);
}

async function startRecovering(paths: EnginePaths, docker: DockerClient, timeoutMs: number): Promise<void> {
  const first = await start(paths, docker, timeoutMs);
  if (first === 'answers') return;
  // Half dead: processes hold the lock, but nobody answers. (Another instance that is just starting it would answer.)
  await clearAway(paths);
  const second = await start(paths, docker, timeoutMs);
  if (second === 'answers') return;
  throw new PlatformError(
    'engine-unavailable',
    `The embedded engine did not answer on ${paths.socket}; the end of ${paths.log}:\n${await tailOf(paths.log)}`,
  );
}

/** `held`: the lock was held and nobody answered; `ended`: dockerd ended or did not answer in time. */
async function start(paths: EnginePaths, docker: DockerClient, timeoutMs: number): Promise<'answers' | 'held' | 'ended'> {
  await mkdir(paths.data, { recursive: true });
  const log = await open(paths.log, 'a');
  // flock's descriptor stays open in dockerd and containerd, so the lock tells whether one of them lives.
  const child = spawn('flock', ['--nonblock', '--conflict-exit-code', String(lockIsHeld), paths.lock, 'sh', `${scripts}engine-up.sh`], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: scriptEnvironment(paths),
    cwd: '/',
  });
  let exitCode: number | undefined;
  child.once('error', () => (exitCode = -1));
  child.once('exit', (code) => (exitCode = code ?? -1));
  child.unref();
  await log.close();
  // When the lock is held, another instance may be starting the engine at this moment.
  const stop = (): boolean => exitCode !== undefined && exitCode !== lockIsHeld;
  const answered = await waitUntil(async () => (await answers(docker)) || stop(), timeoutMs);
  if (answered && !stop()) return 'answers';
  return exitCode === lockIsHeld ? 'held' : 'ended';
}

async function clearAway(paths: EnginePaths): Promise<void> {
  await runCommand({ command: ['sh', `${scripts}engine-down.sh`], env: scriptEnvironment(paths), timeoutMs: stopTimeoutMs });
}

function scriptEnvironment(paths: EnginePaths): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    ENGINE_ROOT: paths.root,
    ENGINE_DATA: paths.data,
    ENGINE_RUN: paths.run,
    ENGINE_NAME: paths.name,
  };
}

async function ensureRoot(paths: EnginePaths, report: Report): Promise<void> {
  if (await exists(paths.root)) return;
  await runStage(report, { stage: 'engine-root', title: 'Installing the engine', expectedMs: 40_000 }, () =>
    makeDebianRoot({ suite: 'trixie', packages: rootPackages, target: paths.root }),
  );
}

async function runningPid(paths: EnginePaths): Promise<number | undefined> {
  const text = await readFile(`${paths.run}/dockerd.pid`, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 1)) return undefined;
  // A pid file outlives a crash, and its number may belong to another program by now.
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'dockerd' ? pid : undefined;
}

async function answers(docker: DockerClient): Promise<boolean> {
  return within(answerTimeoutMs, docker.info()).then(
    () => true,
    () => false,
  );
}

async function waitUntil(holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    if (await holds()) return true;
    await sleep(100);
  }
  return false;
}

async function tailOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
