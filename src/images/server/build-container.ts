import type { DockerClient } from '../../engine/server/docker-client.ts';
import { buildLabels, removeAbandonedBuilds } from '../../engine/server/build-owner.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { newId } from '../../shared/server/ids.ts';
import { certificatesPath } from './build-with-dockerfile.ts';
import { trustedCertificates } from './machine-settings.ts';

/** A build container whose platform was killed and never came back ends by itself after this time. */
const lifeSeconds = 4 * 3600;

/** A running container from which images are built; disposing removes it. */
export interface BuildContainer extends AsyncDisposable {
  readonly id: string;
}

/** Starts a container of `image` (see makeImageBuilder) that may use the engine. It has no network of its own. */
export async function startBuildContainer(engine: Engine, image: string): Promise<BuildContainer> {
  const { docker } = engine;
  await removeAbandonedBuilds(docker);
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

/** Bytes that are free on the engine's disk. */
export async function freeDiskOf(docker: DockerClient, container: string): Promise<number> {
  const { stdout } = await docker.exec(container, { command: ['df', '--output=avail', '--block-size=1', '/'] });
  return Number(stdout.toString().split('\n')[1]);
}

/**
 * Empties the cache directories of builds (Go's modules and objects), not the layers. Their sizes cannot be asked for:
 * BuildKit counts such a directory only while it is small and new, so its own limits do not hold for them.
 */
export async function emptyCacheDirectories(docker: DockerClient, container: string): Promise<void> {
  const command = ['docker', 'buildx', 'prune', '--force', '--all', '--filter', 'type=exec.cachemount'];
  await docker.exec(container, { command, timeoutMs: 5 * 60_000 });
}
