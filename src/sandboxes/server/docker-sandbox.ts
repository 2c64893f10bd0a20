import type { Agent } from 'node:http';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { ExecResult, FileToPut, OpenExec } from '../../engine/server/docker-types.ts';
import { ExecAgent } from '../../engine/server/exec-agent.ts';
import type { FileRead } from '../../engine/server/tar-files.ts';
import type { Need } from '../sandbox-spec.ts';
import type { ClusterAccess } from './cluster/create-cluster.ts';
import { labFolder, learnerHome, learnerUser, listLearnerFiles, putLearnerFiles, readLearnerFile } from './learner-files.ts';
import { runCommand } from './run-command.ts';
import type { CommandOptions, Listing, ReadySandbox } from './sandbox-driver.ts';
import { sandboxContainers } from './sandbox-containers.ts';
import { memberName, type SandboxIdentity } from './sandbox-labels.ts';

const ptyHostCommand = ['/usr/local/bin/node', '/opt/proofground/src/terminal/pty-host/main.ts', 'attach'];

/** What a sandbox is made of once it is ready. */
export interface DockerSandboxParts {
  readonly docker: DockerClient;
  readonly identity: SandboxIdentity;
  readonly linkAddress: string;
  readonly cluster: ClusterAccess | undefined;
}

/** A ready sandbox whose members are containers of one engine. */
export class DockerSandbox implements ReadySandbox {
  readonly id: string;
  readonly sessionId: string;
  readonly needs: readonly Need[];
  readonly learner: { readonly email: string };
  readonly linkAddress: string;
  readonly cluster?: ClusterAccess;
  readonly #docker: DockerClient;
  readonly #instance: string;
  readonly #toolbox: string;
  readonly #link: string;
  readonly #agents = new Map<string, ExecAgent>();

  constructor({ docker, identity, linkAddress, cluster }: DockerSandboxParts) {
    this.id = identity.id;
    this.sessionId = identity.sessionId;
    this.needs = identity.needs;
    this.learner = { email: identity.email };
    this.linkAddress = linkAddress;
    if (cluster !== undefined) this.cluster = cluster;
    this.#docker = docker;
    this.#instance = identity.instance;
    this.#toolbox = memberName(identity.instance, identity.id, 'toolbox');
    this.#link = memberName(identity.instance, identity.id, 'link');
  }

  async exec(command: readonly string[], options?: CommandOptions): Promise<ExecResult> {
    const place = { docker: this.#docker, container: this.#toolbox, user: learnerUser, folder: labFolder };
    return runCommand(place, command, options);
  }

  async execInLink(command: readonly string[], options?: CommandOptions): Promise<ExecResult> {
    return runCommand({ docker: this.#docker, container: this.#link, folder: '/tmp' }, command, {
      ...options,
      env: { HOME: '/tmp', ...options?.env },
    });
  }

  async openPtyHost(): Promise<OpenExec> {
    return this.#docker.openExec(this.#toolbox, { command: ptyHostCommand, user: learnerUser, workingDirectory: learnerHome });
  }

  async putFiles(files: readonly FileToPut[]): Promise<void> {
    await putLearnerFiles({ docker: this.#docker, container: this.#toolbox }, files);
  }

  async readFile(path: string, maxBytes: number): Promise<FileRead> {
    return readLearnerFile({ docker: this.#docker, container: this.#toolbox }, path, maxBytes);
  }

  async listFiles(path: string): Promise<Listing> {
    return listLearnerFiles({ docker: this.#docker, container: this.#toolbox }, path);
  }

  agentFor(target: string): Agent {
    const known = this.#agents.get(target);
    if (known !== undefined) return known;
    const agent = new ExecAgent({ docker: this.#docker, container: this.#link, target });
    this.#agents.set(target, agent);
    return agent;
  }

  async memory(): Promise<number> {
    const members = await sandboxContainers({ docker: this.#docker, instance: this.#instance, id: this.id });
    const used = await Promise.all(members.map((member) => this.#docker.memoryInUse(member.id)));
    return used.reduce((sum, bytes) => sum + bytes, 0);
  }
}
