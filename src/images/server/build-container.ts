import { hostname } from 'node:os';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { newId } from '../../shared/server/ids.ts';
import { certificatesPath } from './build-with-dockerfile.ts';
import { trustedCertificates } from './machine-settings.ts';

/** Every container that builds carries it; the value is `<machine>/<process id>` of the platform that builds. */
export const buildLabel = 'dev.proofground.build';
/** A build container whose platform was killed and never came back ends by itself after this time. */
const lifeSeconds = 4 * 3600;

/** A running container from which images are built; disposing removes it. */
export interface BuildContainer extends AsyncDisposable {
  readonly id: string;
}

/** Starts a container of `image` (see makeImageBuilder) that may use the engine. It has no network of its own. */
export async function startBuildContainer(engine: Engine, image: string): Promise<BuildContainer> {
  const { docker } = engine;
  await removeAbandoned(docker);
  const id = await docker.runContainer(
    {
      name: `pg-build-${newId()}`,
      image,
      labels: buildLabels(),
      command: ['sleep', String(lifeSeconds)],
      init: true,
      binds: [`${engine.socketOnEngine}:/var/run/docker.sock`],
    },
    [{ path: certificatesPath, contents: await trustedCertificates() }],
  );
  return { id, [Symbol.asyncDispose]: () => docker.removeContainer(id) };
}

/** The labels of a container in which this process builds. */
export function buildLabels(): Record<string, string> {
  return { [buildLabel]: `${hostname()}/${process.pid}` };
}

/** Removes build containers that have ended, and those of platforms on this machine that were killed. */
export async function removeAbandoned(docker: DockerClient): Promise<void> {
  const containers = await docker.listContainers({ [buildLabel]: '' });
  const abandoned = containers.filter(({ state, labels }) => state === 'exited' || ownerIsGone(labels[buildLabel] ?? ''));
  await Promise.all(abandoned.map((container) => docker.removeContainer(container.id)));
}

function ownerIsGone(owner: string): boolean {
  const [machine, pid] = owner.split('/');
  if (machine !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Keeps the build cache within `keepGibibytes`, the oldest going first, so that a first build does not fill the disk. */
export async function pruneBuildCache(docker: DockerClient, container: string, keepGibibytes: number): Promise<void> {
  await docker.exec(container, {
    command: ['docker', 'buildx', 'prune', '--force', '--all', '--keep-storage', `${keepGibibytes}gb`],
    timeoutMs: 5 * 60_000,
  });
}
