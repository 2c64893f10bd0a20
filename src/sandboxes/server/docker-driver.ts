import type { ContainerSummary } from '../../engine/server/docker-types.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import { adoptSandbox } from './adopt-sandbox.ts';
import { raiseHostShield } from './host-shield.ts';
import { removeSandbox } from './remove-sandbox.ts';
import { sandboxContainers, type SandboxReference } from './sandbox-containers.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest, SandboxSummary } from './sandbox-driver.ts';
import { fromLabels, sandboxFilter } from './sandbox-labels.ts';
import { SandboxStart, type SandboxSupplies } from './start-sandbox.ts';

/** What the driver is made of; ImageSet and TrustServices fit as they are. */
export interface DockerDriverOptions extends Omit<SandboxSupplies, 'docker'> {
  readonly engine: Pick<SandboxSupplies, 'docker'>;
}

/** The driver that makes sandboxes of containers on one engine. */
export function createDockerDriver({ engine, ...rest }: DockerDriverOptions): SandboxDriver {
  return new DockerDriver({ ...rest, docker: engine.docker });
}

const shieldStage = { stage: 'shield', title: 'Closing the host to sandboxes' };

class DockerDriver implements SandboxDriver {
  readonly #supplies: SandboxSupplies;
  #shield: Promise<void> | undefined;

  constructor(supplies: SandboxSupplies) {
    this.#supplies = supplies;
  }

  async start(request: SandboxRequest, report: Report): Promise<ReadySandbox> {
    refuseImpossible(request);
    await this.#raiseShieldOnce(report);
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

  async adopt(id: string, report: Report = () => undefined): Promise<ReadySandbox | undefined> {
    await this.#raiseShieldOnce(report);
    return adoptSandbox(this.#reference(id), this.#supplies);
  }

  async stop(id: string): Promise<void> {
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

  /**
   * Without the shield a sandbox is still closed to everything unprivileged in it, so an engine whose host takes no
   * firewall rules is used all the same, and the report says so.
   */
  async #raiseShieldOnce(report: Report): Promise<void> {
    const { docker, images, instance } = this.#supplies;
    this.#shield ??= runStage(report, shieldStage, () =>
      raiseHostShield({ docker, image: images.reference('provisioner'), instance }),
    ).catch(() => undefined);
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
  if (members.every((member) => member.state === 'running')) return 'running';
  return members.every((member) => member.state === 'paused') ? 'paused' : 'broken';
}
