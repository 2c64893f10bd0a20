import type { DockerClient } from '../../engine/server/docker-client.ts';
import { labelNames } from './sandbox-labels.ts';

/** Where the provisioner comes from. `socketOnEngine`: path of the engine's socket as the engine itself sees it. */
export interface ProvisionerSpec {
  readonly docker: DockerClient;
  readonly image: string;
  readonly instance: string;
  readonly socketOnEngine: string;
}

/**
 * The instance's one long-running container that holds the kind CLI and the engine's socket; returns its name.
 * It has no network, so nothing can reach the socket through it. One of an older image is replaced.
 */
export async function ensureProvisioner({ docker, image, instance, socketOnEngine }: ProvisionerSpec): Promise<string> {
  const name = `pg-${instance}-provisioner`;
  const found = await docker.inspectContainer(name);
  if (found?.state === 'running' && found.image === image) return name;
  await docker.removeContainer(name);
  await docker.runContainer({
    name,
    image,
    labels: { [labelNames.instance]: instance },
    entrypoint: ['sleep'],
    command: ['infinity'],
    init: true,
    restart: 'unless-stopped',
    binds: [`${socketOnEngine}:/var/run/docker.sock`],
  });
  return name;
}
