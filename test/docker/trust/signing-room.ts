import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerClient } from '../../../src/engine/server/docker-client.ts';
import type { ExecResult, FileToPut } from '../../../src/engine/server/docker-types.ts';
import type { ImageSet } from '../../../src/images/server/build-images.ts';
import { labHosts } from '../../../src/trust/lab-hosts.ts';
import type { TrustServices } from '../../../src/trust/server/trust-services.ts';

const configDirectory = '/etc/proofground';
const environment = {
  HOME: '/tmp',
  SSL_CERT_FILE: `${configDirectory}/lab-ca.pem`,
  COSIGN_YES: 'true',
  COSIGN_FULCIO_AUTH_FLOW: 'device',
  COSIGN_TRUSTED_ROOT: `${configDirectory}/trusted_root.json`,
  COSIGN_SIGNING_CONFIG: `${configDirectory}/signing_config.json`,
};

export interface SigningRoomOptions {
  readonly docker: DockerClient;
  readonly images: ImageSet;
  readonly trust: TrustServices;
  readonly instance: string;
}

/** The part of a sandbox that signs: an isolated network with a shell, a TLS registry and the link to the platform. */
export class SigningRoom implements AsyncDisposable {
  readonly #options: SigningRoomOptions;
  readonly #name: string;
  /** Address of the link on the platform network. */
  linkAddress = '';

  private constructor(options: SigningRoomOptions) {
    this.#options = options;
    this.#name = `pg-${options.instance}-${randomBytes(3).toString('hex')}`;
  }

  static async open(options: SigningRoomOptions): Promise<SigningRoom> {
    const room = new SigningRoom(options);
    try {
      await room.#start();
      return room;
    } catch (error) {
      await room[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command as the learner would. */
  async run(...command: string[]): Promise<ExecResult & { readonly out: string; readonly err: string }> {
    const result = await this.#options.docker.exec(`${this.#name}-shell`, { command, env: environment, workingDirectory: '/tmp' });
    return { ...result, out: result.stdout.toString(), err: result.stderr.toString() };
  }

  /** Standard output of a command that must succeed. */
  async output(...command: string[]): Promise<string> {
    const { exitCode, out, err } = await this.run(...command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${err}`);
    return out;
  }

  /** An image of its own digest in the room's registry: `registry.lab/NAME@sha256:...`. */
  async pushImage(name: string): Promise<string> {
    const catalog = JSON.parse(await this.output('curl', '-sf', 'https://registry.lab/v2/_catalog')) as { repositories: string[] };
    const seeded = catalog.repositories[0] ?? '';
    const { tags } = JSON.parse(await this.output('curl', '-sf', `https://registry.lab/v2/${seeded}/tags/list`)) as { tags: string[] };
    const label = `run=${randomBytes(6).toString('hex')}`;
    const pushed = await this.output(
      'crane',
      'mutate',
      `registry.lab/${seeded}:${tags[0]}`,
      '--label',
      label,
      '--tag',
      `registry.lab/${name}:v1`,
    );
    return pushed.trim().split('\n').at(-1) ?? '';
  }

  /** The one code that waits for this room; throws after ten seconds. */
  async waitForCode(): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const [approval] = await this.#options.trust.pendingApprovals(this.linkAddress);
      if (approval !== undefined) return approval.code;
      await sleep(100);
    }
    throw new Error('No code appeared within ten seconds.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { docker } = this.#options;
    for (const member of ['shell', 'registry', 'link']) await docker.removeContainer(`${this.#name}-${member}`);
    await docker.removeNetwork(this.#name);
  }

  async #start(): Promise<void> {
    const { docker, instance, trust } = this.#options;
    const labels = { 'dev.proofground.instance': instance };
    await docker.createNetwork({ name: this.#name, labels, internal: true, options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' } });
    await this.#create('link', { image: 'link', aliases: Object.values(labHosts), env: { UPSTREAM: 'trust:443' } });
    await docker.connectNetwork(trust.platformNetwork, `${this.#name}-link`);
    await docker.startContainer(`${this.#name}-link`);
    this.linkAddress = (await docker.inspectContainer(`${this.#name}-link`))?.addresses[trust.platformNetwork] ?? '';
    const { certPem, keyPem } = await trust.issueServerCertificate(['registry.lab']);
    await this.#create('registry', {
      image: 'registry',
      aliases: ['registry.lab'],
      files: { 'tls/cert.pem': certPem, 'tls/key.pem': keyPem },
    });
    await docker.startContainer(`${this.#name}-registry`);
    const documents = {
      'lab-ca.pem': trust.labCaPem,
      'trusted_root.json': JSON.stringify(trust.trustedRoot),
      'signing_config.json': JSON.stringify(trust.signingConfig),
    };
    await this.#create('shell', { image: 'link', entrypoint: ['sleep', 'infinity'], files: documents });
    await docker.startContainer(`${this.#name}-shell`);
  }

  async #create(member: string, spec: MemberSpec): Promise<void> {
    const { docker, images, instance } = this.#options;
    const id = await docker.createContainer({
      name: `${this.#name}-${member}`,
      image: images.reference(spec.image),
      labels: { 'dev.proofground.instance': instance, 'dev.proofground.member': member },
      network: { name: this.#name, aliases: spec.aliases ?? [] },
      init: true,
      ...(spec.env && { env: spec.env }),
      ...(spec.entrypoint && { entrypoint: spec.entrypoint }),
    });
    const files = Object.entries(spec.files ?? {}).map(([path, contents]): FileToPut => ({
      path: `${configDirectory}/${path}`,
      contents,
      uid: 65532,
    }));
    if (files.length > 0) await docker.putFiles(id, files);
  }
}

interface MemberSpec {
  readonly image: 'link' | 'registry';
  readonly aliases?: readonly string[];
  readonly env?: Record<string, string>;
  readonly entrypoint?: readonly string[];
  readonly files?: Record<string, string>;
}
