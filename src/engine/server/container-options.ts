import type Dockerode from 'dockerode';
import type { ContainerSpec, Limits } from './docker-types.ts';

/** Our description of a container in the words of the Engine API. */
export function toCreateOptions(spec: ContainerSpec): Dockerode.ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    ...optional('Cmd', spec.command && [...spec.command]),
    ...optional('Entrypoint', spec.entrypoint && [...spec.entrypoint]),
    ...optional('Env', spec.env && Object.entries(spec.env).map(([key, value]) => `${key}=${value}`)),
    ...optional('User', spec.user),
    ...optional('Hostname', spec.hostname),
    ...optional('WorkingDir', spec.workingDirectory),
    HostConfig: hostConfig(spec),
    ...networking(spec),
  };
}

/** A network's addresses in the words of the Engine API. */
export function addressConfig(subnet: string, range: string | undefined): { Subnet: string; IPRange?: string } {
  return { Subnet: subnet, ...(range === undefined ? {} : { IPRange: range }) };
}

function hostConfig(spec: ContainerSpec): Dockerode.HostConfig {
  return {
    NetworkMode: spec.network?.name ?? 'none',
    RestartPolicy: { Name: spec.restart ?? 'no' },
    ...optional('Privileged', spec.privileged),
    ...optional('SecurityOpt', spec.securityOptions && [...spec.securityOptions]),
    ...optional('CapDrop', spec.capabilities?.drop && [...spec.capabilities.drop]),
    ...optional('CapAdd', spec.capabilities?.add && [...spec.capabilities.add]),
    ...optional('Init', spec.init),
    ...optional('Binds', spec.binds && [...spec.binds]),
    ...optional('Tmpfs', spec.tmpfs && { ...spec.tmpfs }),
    ...optional('ExtraHosts', spec.extraHosts && [...spec.extraHosts]),
    ...optional('Sysctls', spec.sysctls && { ...spec.sysctls }),
    ...resources(spec.limits),
  };
}

function resources(limits: Limits | undefined): Dockerode.HostConfig {
  return {
    // Swap equal to memory means none: a learner's loop must not push the host into swapping.
    ...optional('Memory', limits?.memoryBytes),
    ...optional('MemorySwap', limits?.memoryBytes),
    ...optional('NanoCpus', limits?.cpus === undefined ? undefined : Math.round(limits.cpus * 1e9)),
    ...optional('PidsLimit', limits?.pids),
  };
}

function networking(spec: ContainerSpec): Pick<Dockerode.ContainerCreateOptions, 'NetworkingConfig'> {
  if (spec.network === undefined) return {};
  const { name, aliases, address } = spec.network;
  const endpoint = { Aliases: [...(aliases ?? [])], ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }) };
  return { NetworkingConfig: { EndpointsConfig: { [name]: endpoint } } };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
