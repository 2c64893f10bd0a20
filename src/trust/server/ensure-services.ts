import type { DockerClient } from '../../engine/server/docker-client.ts';
import { configLabel, platformNetworkOf, serviceLabels, serviceNames, volumesOf, type ServiceContainer } from './service-containers.ts';

/** Brings network, volumes and containers to what is described; what is right already is left alone. */
export async function ensureServices(docker: DockerClient, instance: string, containers: readonly ServiceContainer[]): Promise<void> {
  // Containers of a network that is gone cannot be started any more, even when there is a new one of its name.
  if (await ensureNetwork(docker, instance)) await removeContainers(docker, instance);
  for (const volume of Object.values(volumesOf(instance))) await docker.createVolume(volume, serviceLabels(instance));
  for (const container of containers) await ensureCreated(docker, container);
  await Promise.all(containers.map(({ spec }) => ensureRunning(docker, spec.name)));
}

/** Removes all that {@link ensureServices} makes; what is gone already is fine. */
export async function removeServices(docker: DockerClient, instance: string): Promise<void> {
  await removeContainers(docker, instance);
  await docker.removeNetwork(platformNetworkOf(instance));
  for (const volume of Object.values(volumesOf(instance))) await docker.removeVolume(volume);
}

async function removeContainers(docker: DockerClient, instance: string): Promise<void> {
  await Promise.all(serviceNames.map((service) => docker.removeContainer(`pg-${instance}-${service}`)));
}

/** Resolves to whether the network had to be made. */
async function ensureNetwork(docker: DockerClient, instance: string): Promise<boolean> {
  const name = platformNetworkOf(instance);
  const existing = await docker.listNetworks(serviceLabels(instance));
  if (existing.some((network) => network.name === name)) return false;
  await docker.createNetwork({
    name,
    labels: serviceLabels(instance),
    internal: true,
    // Without it the bridge's own address would let members reach the host's services.
    options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  });
  return true;
}

async function ensureCreated(docker: DockerClient, { spec, files }: ServiceContainer): Promise<void> {
  const existing = await docker.inspectContainer(spec.name);
  // One that was never started may lack its files: its maker may have been killed before it could put them.
  if (existing?.labels[configLabel] === spec.labels[configLabel] && existing?.state !== 'created') return;
  if (existing !== undefined) await docker.removeContainer(existing.id);
  const id = await docker.createContainer(spec);
  try {
    await docker.putFiles(id, files);
  } catch (error) {
    // A container with the right label and without its files would be adopted the next time.
    await docker.removeContainer(id).catch(() => undefined);
    throw error;
  }
}

async function ensureRunning(docker: DockerClient, name: string): Promise<void> {
  const container = await docker.inspectContainer(name);
  if (container?.state === 'paused') await docker.unpauseContainer(name);
  else if (container?.state !== 'running') await docker.startContainer(name);
}
