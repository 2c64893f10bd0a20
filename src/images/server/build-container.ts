import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { newId } from '../../shared/server/ids.ts';
import { certificatesPath } from './build-with-dockerfile.ts';
import { trustedCertificates } from './machine-settings.ts';

const label = { 'dev.proofground.build': '1' };
/** A build container whose platform was killed ends by itself after this time, and the next build removes it. */
const lifeSeconds = 4 * 3600;

/** A running container from which images are built; disposing removes it. */
export interface BuildContainer extends AsyncDisposable {
  readonly id: string;
}

/** Starts a container of `image` (see makeImageBuilder) that may use the engine. It has no network of its own. */
export async function startBuildContainer(engine: Engine, image: string): Promise<BuildContainer> {
  const { docker } = engine;
  await removeEnded(docker);
  const id = await docker.runContainer(
    {
      name: `pg-build-${newId()}`,
      image,
      labels: label,
      command: ['sleep', String(lifeSeconds)],
      init: true,
      binds: [`${engine.socketOnEngine}:/var/run/docker.sock`],
    },
    [{ path: certificatesPath, contents: await trustedCertificates() }],
  );
  return { id, [Symbol.asyncDispose]: () => docker.removeContainer(id) };
}

async function removeEnded(docker: DockerClient): Promise<void> {
  const containers = await docker.listContainers(label);
  await Promise.all(containers.filter((container) => container.state === 'exited').map((container) => docker.removeContainer(container.id)));
}

/** Keeps the build cache within `keepGibibytes`, the oldest going first, so that a first build does not fill the disk. */
export async function pruneBuildCache(docker: DockerClient, container: string, keepGibibytes: number): Promise<void> {
  await docker.exec(container, {
    command: ['docker', 'buildx', 'prune', '--force', '--all', '--keep-storage', `${keepGibibytes}gb`],
    timeoutMs: 5 * 60_000,
  });
}
