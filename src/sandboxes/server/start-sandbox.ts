import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { Report, StageEvent } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import { stageOf, type SandboxStage } from '../sandbox.ts';
import { createCluster, type ClusterAccess } from './cluster/create-cluster.ts';
import { nodeName } from './cluster/kind-node.ts';
import { DockerSandbox } from './docker-sandbox.ts';
import { bridgeName } from './host-shield.ts';
import { learnerHome, putLearnerFiles } from './learner-files.ts';
import { planBuilder } from './members/builder.ts';
import { planLink } from './members/link.ts';
import { mebibyte, type MemberContext, type MemberImages, type MemberPlan, type MemberTrust } from './members/member-plan.ts';
import { planRegistry } from './members/registry.ts';
import { planToolbox } from './members/toolbox.ts';
import { markReady } from './ready-mark.ts';
import { clusterName } from './sandbox-containers.ts';
import type { SandboxRequest } from './sandbox-driver.ts';
import { labelNames, memberName, networkName, toLabels, type Member, type SandboxIdentity } from './sandbox-labels.ts';
import { createSandboxNetwork } from './sandbox-network.ts';
import { SandboxStartError } from './sandbox-start-error.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** What every start of an instance shares. `provisioner`: the container with the kind CLI. */
export interface SandboxSupplies {
  readonly docker: DockerClient;
  readonly images: MemberImages;
  readonly trust: MemberTrust;
  readonly instance: string;
  readonly provisioner: string;
}

/** A member that answers later than this is broken; on a busy machine a start takes a few seconds. */
const memberTimeoutMs = 60_000;
/** Lines of a failed member's log that a person gets to see. */
const logTailLines = 15;

/**
 * Makes a sandbox. Members start side by side; the first failure is thrown at once as a SandboxStartError, while
 * others may still be starting: `settled` resolves when none is, and only then is it certain what there is to remove.
 */
export class SandboxStart {
  readonly #supplies: SandboxSupplies;
  readonly #request: SandboxRequest;
  readonly #report: Report;
  readonly #identity: SandboxIdentity;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(supplies: SandboxSupplies, request: SandboxRequest, report: Report) {
    this.#supplies = supplies;
    this.#request = request;
    this.#report = report;
    this.#identity = {
      instance: supplies.instance,
      id: request.id,
      sessionId: request.sessionId,
      needs: request.needs,
      email: request.learner.email,
      createdAtMs: Date.now(),
    };
  }

  async run(): Promise<DockerSandbox> {
    const network = await this.#stage('network', undefined, () => this.#createNetwork());
    const link = this.#startLink(network);
    const [{ linkAddress }, cluster] = await Promise.all([
      link,
      this.#needs('cluster') ? this.#startCluster(network) : undefined,
      this.#startMember('toolbox', () => planToolbox(network), link),
      this.#needs('registry') ? this.#startMember('registry', () => planRegistry(network), link) : undefined,
      this.#needs('builder') ? this.#startMember('builder', () => planBuilder(network), link) : undefined,
    ]);
    await this.#stage('files', this.#name('toolbox'), () => this.#putFiles(cluster));
    await markReady(this.#supplies.docker, this.#name('link'));
    return new DockerSandbox({ docker: this.#supplies.docker, identity: this.#identity, linkAddress, cluster });
  }

  /** Resolves when no part of the start is running any more; never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #createNetwork(): Promise<MemberContext> {
    const { docker, images, trust, instance } = this.#supplies;
    const name = networkName(instance, this.#request.id);
    const subnet = await createSandboxNetwork({
      docker,
      name,
      labels: toLabels(this.#identity),
      bridge: bridgeName(instance, this.#request.id),
    });
    return { identity: this.#identity, images, trust, network: name, subnet, variables: this.#request.variables };
  }

  async #startLink(network: MemberContext): Promise<{ linkAddress: string }> {
    return this.#stage('link', this.#name('link'), async () => {
      const plan = planLink(network);
      await this.#create(plan);
      await this.#waitFor(plan);
      if (plan.alsoOn === undefined) return { linkAddress: '' };
      const found = await this.#supplies.docker.inspectContainer(plan.container.name);
      return { linkAddress: found?.addresses[plan.alsoOn] ?? '' };
    });
  }

  async #startMember(member: 'toolbox' | 'registry' | 'builder', plan: () => MemberPlan | Promise<MemberPlan>, link: Promise<unknown>) {
    await this.#stage(member, this.#name(member), async () => {
      const planned = await plan();
      await this.#create(planned);
      await link;
      await this.#waitFor(planned);
    });
  }

  async #create({ container, files, alsoOn }: MemberPlan): Promise<void> {
    const { docker } = this.#supplies;
    const id = await docker.createContainer(container);
    await docker.putFiles(id, files);
    if (alsoOn !== undefined) await docker.connectNetwork(alsoOn, id);
    await docker.startContainer(id);
  }

  async #waitFor({ probe, container }: MemberPlan): Promise<void> {
    if (probe === undefined) return;
    const { docker } = this.#supplies;
    await waitUntilReady({ docker, member: container.name, observer: this.#name('link'), command: probe, timeoutMs: memberTimeoutMs });
  }

  /** Reports stages of its own. */
  async #startCluster(network: MemberContext): Promise<ClusterAccess> {
    const { docker, provisioner, images, trust } = this.#supplies;
    const name = clusterName(this.#identity);
    let stage: string = 'cluster-node';
    const report: Report = (event) => {
      stage = event.stage;
      this.#report(withExpected(event, this.#request.expectedMs?.[event.stage]));
    };
    const create = (): Promise<ClusterAccess> =>
      createCluster({
        docker,
        provisioner,
        name,
        network: network.network,
        nodeImage: images.reference('node'),
        labels: { ...toLabels(this.#identity), [labelNames.member]: 'cluster' },
        labCaPem: trust.labCaPem,
        trustedRootJson: JSON.stringify(trust.trustedRoot),
        limits: { memoryBytes: 3072 * mebibyte, cpus: 2, pids: 4096 },
        report,
      });
    return this.#watch(create(), (error) => this.#failure(stage, nodeName(name), error));
  }

  async #putFiles(cluster: ClusterAccess | undefined): Promise<void> {
    const kubeconfig =
      cluster === undefined ? [] : [{ path: `${learnerHome}/.kube/config`, contents: cluster.learnerKubeconfig, mode: 0o600 }];
    const toolbox = { docker: this.#supplies.docker, container: this.#name('toolbox') };
    await putLearnerFiles(toolbox, [...this.#request.files, ...kubeconfig]);
  }

  /** Runs one reported stage. `container`: whose log tells why it failed. */
  async #stage<T>(stage: SandboxStage, container: string | undefined, work: () => Promise<T>): Promise<T> {
    const running = runStage(this.#report, stageOf(stage, this.#request.expectedMs), work);
    return this.#watch(running, (error) => this.#failure(stage, container, error));
  }

  /** Counts `work` as under way until it ends; what fails is thrown as `explain` says. */
  async #watch<T>(work: Promise<T>, explain: (error: unknown) => Promise<SandboxStartError>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } catch (error) {
      throw await explain(error);
    }
  }

  async #failure(stage: string, container: string | undefined, error: unknown): Promise<SandboxStartError> {
    if (error instanceof SandboxStartError) return error;
    const log = container === undefined ? '' : await this.#supplies.docker.logs(container, logTailLines).catch(() => '');
    return new SandboxStartError(stage, error, log.trim());
  }

  #needs(need: SandboxRequest['needs'][number]): boolean {
    return this.#request.needs.includes(need);
  }

  #name(member: Member): string {
    return memberName(this.#supplies.instance, this.#request.id, member);
  }
}

function withExpected(event: StageEvent, expectedMs: number | undefined): StageEvent {
  return expectedMs === undefined ? event : { ...event, expectedMs };
}
