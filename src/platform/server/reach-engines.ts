import { existsSync } from 'node:fs';
import { DockerClient } from '../../engine/server/docker-client.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { enginePaths } from '../../engine/server/engine-paths.ts';
import { findOrStartEngine, usualSockets } from '../../engine/server/find-engine.ts';
import type { PlatformConfig } from './config.ts';

/** An engine that does not answer within this is not there for a person who waits. */
const answerTimeoutMs = 5_000;

/** An engine that answers; nothing was started for it. */
export interface ReachedEngine {
  readonly docker: DockerClient;
  readonly dockerHost: string;
  readonly kind: 'host' | 'embedded';
}

/** Every engine on which objects of the instance may be: the named one, those on usual sockets, the embedded one. */
export async function reachEngines(config: PlatformConfig): Promise<ReachedEngine[]> {
  const embedded = `unix://${enginePaths(config.cacheDirectory).socket}`;
  const usual = usualSockets().map((socket) => `unix://${socket}`);
  const hosts = new Set([...(config.dockerHost === undefined ? [] : [config.dockerHost]), embedded, ...usual]);
  const reached = await Promise.all([...hosts].map((dockerHost) => reach(dockerHost, dockerHost === embedded ? 'embedded' : 'host')));
  return reached.filter((engine) => engine !== undefined);
}

/** The embedded engine, started when it has data and does not run; undefined when it was never made. */
export async function openEmbeddedEngine(config: PlatformConfig): Promise<Engine | undefined> {
  const { data, socket } = enginePaths(config.cacheDirectory);
  if (!existsSync(data)) return undefined;
  return findOrStartEngine({
    cacheDirectory: config.cacheDirectory,
    report: () => undefined,
    environment: { DOCKER_HOST: `unix://${socket}` },
  });
}

async function reach(dockerHost: string, kind: ReachedEngine['kind']): Promise<ReachedEngine | undefined> {
  if (dockerHost.startsWith('unix://') && !existsSync(dockerHost.slice('unix://'.length))) return undefined;
  const docker = new DockerClient(dockerHost);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), answerTimeoutMs);
  });
  const answer = docker.info().then(
    () => ({ docker, dockerHost, kind }),
    () => undefined,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
