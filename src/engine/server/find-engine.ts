import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import { removeAbandonedBuilds } from './build-owner.ts';
import { DockerClient } from './docker-client.ts';
import { attachOrStartEmbedded, canRunEmbeddedEngine, stopEmbedded } from './embedded-engine.ts';
import type { Engine } from './engine.ts';
import { enginePaths } from './engine-paths.ts';
import { raiseKernelLimits } from './kernel-limits.ts';
import { probeEngine } from './probe-engine.ts';

/** Where to look and whom to tell. */
export interface FindEngineOptions {
  /** See defaultCacheDirectory. */
  readonly cacheDirectory: string;
  readonly report: Report;
  /** Default: the environment of this process. `DOCKER_HOST` decides when it is set. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The engine to use: the one that DOCKER_HOST names, else one on a usual socket, else (Linux, root) the embedded one,
 * which is attached to when it runs and outlives this process. Each is tried with a privileged container.
 * Throws `engine-unavailable` with the reason and the remedy when there is none.
 */
export async function findOrStartEngine(options: FindEngineOptions): Promise<Engine> {
  return runStage(options.report, { stage: 'find-engine', title: 'Finding a container engine', expectedMs: 1500 }, async () => {
    const engine = await findEngine(options);
    await raiseLimits(options.report);
    return engine;
  });
}

async function findEngine({ cacheDirectory, report, environment = process.env }: FindEngineOptions): Promise<Engine> {
  const named = environment['DOCKER_HOST'];
  if (named !== undefined && named !== '') return useNamed(named, cacheDirectory);
  const refusals: string[] = [];
  for (const socket of usualSockets()) {
    if (!(await exists(socket))) continue;
    const found = await tryHost(`unix://${socket}`);
    if (typeof found !== 'string') return found;
    refusals.push(`${socket}: ${found}`);
  }
  if (await canRunEmbeddedEngine(cacheDirectory)) return useEmbedded(cacheDirectory, report);
  throw new PlatformError('engine-unavailable', noEngineMessage(refusals));
}

async function useNamed(dockerHost: string, cacheDirectory: string): Promise<Engine> {
  if (dockerHost === `unix://${enginePaths(cacheDirectory).socket}`) return useEmbedded(cacheDirectory, () => undefined);
  const found = await tryHost(dockerHost);
  if (typeof found !== 'string') return found;
  throw new PlatformError(
    'engine-unavailable',
    `DOCKER_HOST is ${dockerHost}, which cannot be used: ${found}. Start that engine, correct DOCKER_HOST, or unset it.`,
  );
}

/** The engine, or why it cannot be used. */
async function tryHost(dockerHost: string): Promise<Engine | string> {
  const docker = new DockerClient(dockerHost);
  const probe = await probeEngine(docker);
  if (!probe.usable) return probe.reason;
  return {
    docker,
    kind: 'host',
    dockerHost,
    socketOnEngine: socketOnEngine(dockerHost),
    version: probe.info.version,
    stop: () => Promise.resolve(false),
  };
}

async function useEmbedded(cacheDirectory: string, report: Report): Promise<Engine> {
  const docker = await attachOrStartEmbedded(cacheDirectory, report);
  const probe = await probeEngine(docker);
  const { socket, log } = enginePaths(cacheDirectory);
  if (!probe.usable)
    throw new PlatformError('engine-unavailable', `The embedded engine cannot be used: ${probe.reason}. Its log is ${log}.`);
  return {
    docker,
    kind: 'embedded',
    dockerHost: `unix://${socket}`,
    socketOnEngine: socket,
    version: probe.info.version,
    stop: async () => {
      if (await isInUse(docker)) return false;
      await stopEmbedded(cacheDirectory);
      return true;
    },
  };
}

/** Whether an instance has something on the engine, or builds its images there; an engine that does not answer is not in use. */
async function isInUse(docker: DockerClient): Promise<boolean> {
  try {
    const containers = await docker.listContainers({ 'dev.proofground.instance': '' });
    return containers.length > 0 || (await removeAbandonedBuilds(docker)) > 0;
  } catch {
    return false;
  }
}

/** On Linux a unix socket is where it is; a Mac's engine runs in a virtual machine, and a TCP one anywhere: both have the usual path. */
function socketOnEngine(dockerHost: string): string {
  const url = new URL(dockerHost);
  return process.platform === 'linux' && url.protocol === 'unix:' ? url.pathname : '/var/run/docker.sock';
}

/** Where engines usually listen on this machine, whether one does or not. */
export function usualSockets(): string[] {
  const inHome = ['.docker/run/docker.sock', '.docker/desktop/docker.sock', '.orbstack/run/docker.sock', '.colima/default/docker.sock'];
  return ['/var/run/docker.sock', ...inHome.map((path) => join(homedir(), path))];
}

function noEngineMessage(refusals: readonly string[]): string {
  const found =
    refusals.length === 0 ? 'No engine was found on the usual sockets.' : `What was found cannot be used: ${refusals.join('; ')}.`;
  return [
    found,
    'Debian or Ubuntu: run this command as root, or `sudo apt-get install docker.io && sudo usermod -aG docker $USER` and sign in again.',
    'Fedora: `sudo dnf install moby-engine && sudo systemctl enable --now docker && sudo usermod -aG docker $USER` and sign in again.',
    'macOS: `brew install colima docker && colima start --cpu 4 --memory 8`, or start Docker Desktop.',
  ].join('\n');
}

async function raiseLimits(report: Report): Promise<void> {
  const raised = (await raiseKernelLimits()).filter((limit) => limit.now > limit.before);
  if (raised.length === 0) return;
  const detail = raised.map((limit) => `${limit.name} ${limit.before} -> ${limit.now}`).join(', ');
  report({ stage: 'kernel-limits', title: 'Raising limits of the kernel', state: 'done', elapsedMs: 0, detail });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
