import type { DockerClient } from '../../engine/server/docker-client.ts';
import { lowerHostShield } from '../../sandboxes/server/host-shield.ts';
import { removeSandbox } from '../../sandboxes/server/remove-sandbox.ts';
import { labelNames } from '../../sandboxes/server/sandbox-labels.ts';
import { removeTrust } from '../../trust/server/trust-services.ts';

/** Everything that carries an instance's id on one engine, by name. */
export interface InstanceObjects {
  readonly containers: readonly { readonly name: string; readonly image: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly networks: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly volumes: readonly string[];
}

/** Lists the objects of an instance; an empty id stands for every instance. */
export async function instanceObjects(docker: DockerClient, instance: string): Promise<InstanceObjects> {
  const filter = { [labelNames.instance]: instance };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers(filter),
    docker.listNetworks(filter),
    docker.listVolumes(filter),
  ]);
  return { containers, networks, volumes };
}

/** Number of all objects. */
export function countOf({ containers, networks, volumes }: InstanceObjects): number {
  return containers.length + networks.length + volumes.length;
}

/** Ids of the sandboxes that the objects belong to. */
export function sandboxIdsOf({ containers, networks }: InstanceObjects): string[] {
  const ids = [...containers, ...networks].map(({ labels }) => labels[labelNames.sandbox]);
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** Removes every object of an instance from an engine; returns how many there were. */
export async function removeInstance(docker: DockerClient, instance: string): Promise<number> {
  const objects = await instanceObjects(docker, instance);
  await Promise.all(sandboxIdsOf(objects).map((id) => removeSandbox({ docker, instance, id })));
  const image = objects.containers.find(({ name }) => name === `pg-${instance}-provisioner`)?.image;
  // Rules that name bridges which no longer exist close nothing; an engine that takes no rules has none.
  if (image !== undefined) await lowerHostShield({ docker, image, instance }).catch(() => undefined);
  await removeTrust(docker, instance);
  const rest = await instanceObjects(docker, instance);
  await Promise.all(rest.containers.map(({ name }) => docker.removeContainer(name)));
  await Promise.all(rest.networks.map(({ name }) => docker.removeNetwork(name)));
  await Promise.all(rest.volumes.map((name) => docker.removeVolume(name)));
  return countOf(objects);
}
