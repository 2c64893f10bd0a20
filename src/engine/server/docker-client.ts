import type { Readable } from 'node:stream';
import Dockerode from 'dockerode';
import { PlatformError } from '../../shared/errors.ts';
import type {
  ContainerSpec,
  ContainerSummary,
  EngineInfo,
  ExecResult,
  ExecSpec,
  FileToPut,
  NetworkSpec,
  OpenExec,
} from './docker-types.ts';
import { runToEnd, startExec } from './docker-exec.ts';
import { ask, askIgnoringMissing, engineFailed, statusOf } from './engine-errors.ts';
import { demultiplex } from './bounded-output.ts';
import { packFiles, unpackSingleFile, type FileRead } from './tar-files.ts';
import { addressConfig, toCreateOptions } from './container-options.ts';

/**
 * The engine as the platform uses it. The only importer of dockerode; returns our types, and throws
 * PlatformError `engine-failed` when the engine refuses or breaks off.
 */
export class DockerClient {
  readonly #docker: Dockerode;

  /** `dockerHost`: `unix:///path/docker.sock`, `tcp://host:port` or `npipe://...`. */
  constructor(dockerHost: string) {
    this.#docker = new Dockerode(connectionOptions(dockerHost));
  }

  async info(): Promise<EngineInfo> {
    return ask('read the version of the engine', async () => {
      const version = await this.#docker.version();
      const info = (await this.#docker.info()) as Record<string, unknown>;
      return {
        id: String(info.ID),
        version: version.Version,
        apiVersion: version.ApiVersion,
        operatingSystem: String(info.OperatingSystem),
        cpus: Number(info.NCPU),
        memoryBytes: Number(info.MemTotal),
        cgroupVersion: info.CgroupVersion === '2' ? '2' : '1',
        operatingSystemType: version.Os,
        architecture: version.Arch,
        rootless: JSON.stringify(info.SecurityOptions ?? []).includes('name=rootless'),
      };
    });
  }

  async createNetwork(spec: NetworkSpec): Promise<void> {
    await ask(`create the network ${spec.name}`, () =>
      this.#docker.createNetwork({
        Name: spec.name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: spec.internal,
        Options: { ...spec.options },
        Labels: { ...spec.labels },
        ...(spec.subnet === undefined ? {} : { IPAM: { Driver: 'default', Config: [addressConfig(spec.subnet, spec.dynamicRange)] } }),
      }),
    );
  }

  /** Names of the networks that carry all the labels. */
  async listNetworks(
    labels: Record<string, string>,
  ): Promise<{ name: string; subnet: string | undefined; labels: Record<string, string> }[]> {
    const found = await ask('list networks', () => this.#docker.listNetworks({ filters: labelFilter(labels) }));
    return found.map((network) => ({ name: network.Name, subnet: network.IPAM?.Config?.[0]?.Subnet, labels: network.Labels ?? {} }));
  }

  /** Removes a network; one that does not exist is fine. */
  async removeNetwork(name: string): Promise<void> {
    await askIgnoringMissing(`remove the network ${name}`, () => this.#docker.getNetwork(name).remove());
  }

  async connectNetwork(network: string, container: string, aliases: readonly string[] = []): Promise<void> {
    await ask(`connect ${container} to ${network}`, () =>
      this.#docker.getNetwork(network).connect({ Container: container, EndpointConfig: { Aliases: [...aliases] } }),
    );
  }

  async createVolume(name: string, labels: Record<string, string>): Promise<void> {
    await ask(`create the volume ${name}`, () => this.#docker.createVolume({ Name: name, Labels: { ...labels } }));
  }

  async listVolumes(labels: Record<string, string>): Promise<string[]> {
    const found = await ask('list volumes', () => this.#docker.listVolumes({ filters: JSON.stringify(labelFilter(labels)) }));
    return (found.Volumes ?? []).map((volume) => volume.Name);
  }

  async removeVolume(name: string): Promise<void> {
    await askIgnoringMissing(`remove the volume ${name}`, () => this.#docker.getVolume(name).remove({ force: true }));
  }

  /** Creates a container, does not start it; returns its id. */
  async createContainer(spec: ContainerSpec): Promise<string> {
    const container = await ask(`create the container ${spec.name}`, () => this.#docker.createContainer(toCreateOptions(spec)));
    return container.id;
  }

  async startContainer(container: string): Promise<void> {
    await ask(`start ${container}`, () => this.#docker.getContainer(container).start());
  }

  /** Creates, fills and starts in one call; on a failure nothing is left. */
  async runContainer(spec: ContainerSpec, files: readonly FileToPut[] = []): Promise<string> {
    const id = await this.createContainer(spec);
    try {
      if (files.length > 0) await this.putFiles(id, files);
      await this.startContainer(id);
      return id;
    } catch (error) {
      await this.removeContainer(id).catch(() => undefined);
      throw error;
    }
  }

  async stopContainer(container: string, graceSeconds = 1): Promise<void> {
    await askIgnoringMissing(`stop ${container}`, () => this.#docker.getContainer(container).stop({ t: graceSeconds }));
  }

  /** Kills and removes a container with its anonymous volumes; one that does not exist is fine. */
  async removeContainer(container: string): Promise<void> {
    await askIgnoringMissing(`remove ${container}`, () => this.#docker.getContainer(container).remove({ force: true, v: true }));
  }

  async pauseContainer(container: string): Promise<void> {
    await ask(`pause ${container}`, () => this.#docker.getContainer(container).pause());
  }

  async unpauseContainer(container: string): Promise<void> {
    await ask(`unpause ${container}`, () => this.#docker.getContainer(container).unpause());
  }

  /** Exit code of a container's main process, once it has ended. */
  async waitForExit(container: string): Promise<number> {
    const result = await ask(`wait for ${container}`, () => this.#docker.getContainer(container).wait() as Promise<{ StatusCode: number }>);
    return result.StatusCode;
  }

  /** All containers, running or not, that carry all the labels. */
  async listContainers(labels: Record<string, string>): Promise<ContainerSummary[]> {
    const found = await ask('list containers', () => this.#docker.listContainers({ all: true, filters: labelFilter(labels) }));
    return found.map((container) => ({
      id: container.Id,
      name: (container.Names[0] ?? '').replace(/^\//, ''),
      image: container.Image,
      state: container.State,
      labels: container.Labels,
      createdAtMs: container.Created * 1000,
      addresses: Object.fromEntries(Object.entries(container.NetworkSettings.Networks).map(([name, network]) => [name, network.IPAddress])),
    }));
  }

  /** The container's state, or undefined when there is none of that name or id. */
  async inspectContainer(container: string): Promise<ContainerSummary | undefined> {
    try {
      const found = await this.#docker.getContainer(container).inspect();
      return {
        id: found.Id,
        name: found.Name.replace(/^\//, ''),
        image: found.Config.Image,
        state: found.State.Status,
        labels: found.Config.Labels,
        createdAtMs: Date.parse(found.Created),
        addresses: Object.fromEntries(Object.entries(found.NetworkSettings.Networks).map(([name, network]) => [name, network.IPAddress])),
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw engineFailed(`inspect ${container}`, error);
    }
  }

  /** The last lines that the container wrote, both outputs together. */
  async logs(container: string, tailLines = 40): Promise<string> {
    const bytes = await ask(`read the log of ${container}`, () =>
      this.#docker.getContainer(container).logs({ stdout: true, stderr: true, tail: tailLines }),
    );
    return demultiplex(bytes);
  }

  /** Bytes of memory in use, without the page cache where the engine tells. */
  async memoryInUse(container: string): Promise<number> {
    const stats = await ask(`read the statistics of ${container}`, () =>
      this.#docker.getContainer(container).stats({ stream: false, 'one-shot': true }),
    );
    const cache = stats.memory_stats.stats?.total_inactive_file ?? stats.memory_stats.stats?.inactive_file ?? 0;
    return Math.max(0, (stats.memory_stats.usage ?? 0) - cache);
  }

  /** Runs a command to its end. Outputs are cut at `maxBytes`; after `timeoutMs` the stream is closed and `exitCode` is -1. */
  async exec(container: string, spec: ExecSpec): Promise<ExecResult> {
    return runToEnd(await this.openExec(container, spec), spec);
  }

  /** Starts a command without a TTY and returns its streams. `close()` ends the streams; it does not signal the process. */
  async openExec(container: string, spec: ExecSpec): Promise<OpenExec> {
    return ask(`run ${spec.command[0] ?? 'a command'} in ${container}`, () => startExec(this.#docker, container, spec));
  }

  /** Puts files into a container, running or not; directories are made. */
  async putFiles(container: string, files: readonly FileToPut[]): Promise<void> {
    const archive = await packFiles(files);
    await ask(`put files into ${container}`, () => this.#docker.getContainer(container).putArchive(archive, { path: '/' }));
  }

  /** Reads one regular file of at most `maxBytes`; the last part of `path` is not followed when it is a symbolic link. */
  async readFile(container: string, path: string, maxBytes: number): Promise<FileRead> {
    let archive: Readable;
    try {
      archive = (await this.#docker.getContainer(container).getArchive({ path })) as Readable;
    } catch (error) {
      if (statusOf(error) === 404 || /not a directory|name too long/.test(String(error))) return { kind: 'missing' };
      if (/too many (levels of symbolic )?links/.test(String(error))) return { kind: 'not-a-file' };
      throw engineFailed(`read ${path} in ${container}`, error);
    }
    return unpackSingleFile(archive, maxBytes);
  }

  /** The container's file system as a tar stream. */
  async exportContainer(container: string): Promise<Readable> {
    return (await ask(`export ${container}`, () => this.#docker.getContainer(container).export())) as Readable;
  }

  /** Makes an image of a container's file system; `changes` are Dockerfile instructions. Returns the image id. */
  async commitContainer(container: string, tag: string, changes: readonly string[] = []): Promise<string> {
    const [repo, name] = splitTag(tag);
    const result = await ask(
      `commit ${container}`,
      () => this.#docker.getContainer(container).commit({ repo, tag: name, changes: changes.join('\n') }) as Promise<{ Id: string }>,
    );
    return result.Id;
  }

  /** Makes an image of a tar stream of a file system. */
  async importImage(archive: Readable, tag: string, changes: readonly string[] = []): Promise<void> {
    const [repo, name] = splitTag(tag);
    await ask(`import ${tag}`, async () => {
      const response = await this.#docker.importImage(archive, { repo, tag: name, changes: [...changes] });
      await this.#drain(response as Readable);
    });
  }

  /** Pulls an image by digest reference. */
  async pullImage(reference: string): Promise<void> {
    await ask(`pull ${reference}`, async () => this.#drain((await this.#docker.pull(reference)) as Readable));
  }

  async tagImage(image: string, tag: string): Promise<void> {
    const [repo, name] = splitTag(tag);
    await ask(`tag ${image}`, () => this.#docker.getImage(image).tag({ repo, tag: name }));
  }

  /** Id and size of an image, or undefined when there is none. */
  async inspectImage(reference: string): Promise<{ id: string; sizeBytes: number; labels: Record<string, string> } | undefined> {
    try {
      const found = await this.#docker.getImage(reference).inspect();
      return { id: found.Id, sizeBytes: found.Size, labels: found.Config.Labels ?? {} };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw engineFailed(`inspect ${reference}`, error);
    }
  }

  async removeImage(reference: string): Promise<void> {
    await askIgnoringMissing(`remove ${reference}`, () => this.#docker.getImage(reference).remove({ force: true }));
  }

  /** Tags of images whose repository starts with `prefix`. */
  async listImageTags(prefix: string): Promise<string[]> {
    const found = await ask('list images', () => this.#docker.listImages());
    return found.flatMap((image) => image.RepoTags ?? []).filter((tag) => tag.startsWith(prefix));
  }

  async #drain(response: Readable): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(response, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function connectionOptions(dockerHost: string): Dockerode.DockerOptions {
  const url = new URL(dockerHost);
  if (url.protocol === 'unix:' || url.protocol === 'npipe:') return { socketPath: url.pathname };
  if (url.protocol === 'tcp:' || url.protocol === 'http:') return { host: url.hostname, port: Number(url.port || 2375), protocol: 'http' };
  throw new PlatformError('configuration-invalid', `DOCKER_HOST must be a unix:// or tcp:// address, found ${dockerHost}.`);
}

function labelFilter(labels: Record<string, string>): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`)) };
}

function splitTag(tag: string): [repo: string, name: string] {
  const colon = tag.lastIndexOf(':');
  return colon > tag.lastIndexOf('/') ? [tag.slice(0, colon), tag.slice(colon + 1)] : [tag, 'latest'];
}
