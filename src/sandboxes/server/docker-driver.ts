import type { ContainerSummary } from '../../engine/server/docker-types.ts';
import { PlatformError, toPlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { adoptSandbox } from './adopt-sandbox.ts';
import { raiseHostShield } from './host-shield.ts';
import { removeSandbox } from './remove-sandbox.ts';
import { isAwake, sandboxContainers, type SandboxReference } from './sandbox-containers.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest, SandboxSummary } from './sandbox-driver.ts';
import { fromLabels, sandboxFilter } from './sandbox-labels.ts';
import { SandboxStart, type SandboxSupplies } from './start-sandbox.ts';

/** What the driver is made of; ImageSet and TrustServices fit as they are. */
export interface DockerDriverOptions extends Omit<SandboxSupplies, 'docker'> {
  readonly engine: Pick<SandboxSupplies, 'docker'>;
  /** Told once when a protection cannot be had on this engine. */
  readonly warn?: (message: string) => void;
}

/** The driver that makes sandboxes of containers on one engine. */
export function createDockerDriver({ engine, warn = () => undefined, ...rest }: DockerDriverOptions): SandboxDriver {
  return new DockerDriver({ ...rest, docker: engine.docker }, warn);
}

class DockerDriver implements SandboxDriver {
  readonly #supplies: SandboxSupplies;
  readonly #warn: (message: string) => void;
  #shield: Promise<void> | undefined;

  constructor(supplies: SandboxSupplies, warn: (message: string) => void) {
    this.#supplies = supplies;
    this.#warn = warn;
  }

  async start(request: SandboxRequest, report: Report): Promise<ReadySandbox> {
    refuseImpossible(request);
    await this.#raiseShieldOnce();
    const start = new SandboxStart(this.#supplies, request, report);
    try {
      return await start.run();
    } catch (error) {
      // Once before the others have settled, so that they fail soon, and once after, so that nothing of them is left.
      await this.stop(request.id).catch(() => undefined);
      await start.settled();
      await this.stop(request.id).catch(() => undefined);
      throw error;
    }
  }

  async adopt(id: string): Promise<ReadySandbox | undefined> {
    await this.#raiseShieldOnce();
    return adoptSandbox(this.#reference(id), this.#supplies);
  }

  async stop(id: string): Promise<void> {
    // Without an id the filter by labels would match every sandbox of the instance.
    if (id === '') return;
    await removeSandbox(this.#reference(id));
  }

  async list(): Promise<readonly SandboxSummary[]> {
    const { docker, instance } = this.#supplies;
    const filter = sandboxFilter(instance);
    const [containers, networks] = await Promise.all([docker.listContainers(filter), docker.listNetworks(filter)]);
    const identities = [...networks, ...containers].flatMap(({ labels }) => fromLabels(labels) ?? []);
    const byId = new Map(identities.map((identity) => [identity.id, identity]));
    return [...byId.values()].map(({ id, sessionId, createdAtMs }) => {
      const members = containers.filter((container) => fromLabels(container.labels)?.id === id);
      return { id, sessionId, createdAtMs, state: stateOf(members) };
    });
  }

  async pause(id: string): Promise<void> {
    const running = await this.#containersIn(id, 'running');
    await Promise.all(running.map((container) => this.#supplies.docker.pauseContainer(container.id)));
  }

  async resume(id: string): Promise<void> {
    const paused = await this.#containersIn(id, 'paused');
    await Promise.all(paused.map((container) => this.#supplies.docker.unpauseContainer(container.id)));
  }

  async #containersIn(id: string, state: string): Promise<readonly ContainerSummary[]> {
    const containers = await sandboxContainers(this.#reference(id));
    if (containers.length === 0) throw new PlatformError('sandbox-gone', `There is no sandbox ${id}.`);
    return containers.filter((container) => container.state === state);
  }

  /** Without the shield a sandbox is still closed to everything unprivileged in it, so it is used all the same. */
  async #raiseShieldOnce(): Promise<void> {
    const { docker, images, instance } = this.#supplies;
    this.#shield ??= raiseHostShield({ docker, image: images.reference('provisioner'), instance }).catch((error: unknown) =>
      this.#warn(`The builders and clusters of sandboxes may reach services of this host over IPv6. ${toPlatformError(error).message}`),
    );
    await this.#shield;
  }

  #reference(id: string): SandboxReference {
    return { docker: this.#supplies.docker, instance: this.#supplies.instance, id };
  }
}

function refuseImpossible({ id, needs }: SandboxRequest): void {
  if (!/^[a-z0-9]{4,20}$/.test(id)) throw new PlatformError('internal-error', `A sandbox cannot be called ${JSON.stringify(id)}.`);
  if (needs.includes('ci')) throw new PlatformError('lab-invalid', 'The lab needs "ci", which this driver does not offer.');
}

function stateOf(members: readonly ContainerSummary[]): SandboxSummary['state'] {
  if (members.length === 0) return 'broken';
  if (members.every(isAwake)) return 'running';
  return members.every((member) => member.state === 'paused') ? 'paused' : 'broken';
}
