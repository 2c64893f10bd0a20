import { z } from 'zod';
import type { ReadySandbox } from '../../sandboxes/server/sandbox-driver.ts';
import { PlatformError } from '../../shared/errors.ts';
import { newId } from '../../shared/server/ids.ts';
import type { TrustServices } from '../../trust/server/trust-services.ts';
import { pushProbeImage } from './probe-image.ts';
import type { RegistryWriter } from './registry-writer.ts';

/**
 * Images to try policies and commands with. `signed`: by the learner. `unsigned`: in the learner's own repository, by
 * digest. `signed-by-other`: by somebody else. `sbom-only`: an attestation by the learner, no signature.
 * `unsigned-elsewhere`: in another repository, under a tag.
 */
const probeNames = ['signed', 'unsigned', 'signed-by-other', 'sbom-only', 'unsigned-elsewhere'] as const;
export type ProbeName = (typeof probeNames)[number];
/** References of the probes. */
export type Probes = Readonly<Record<ProbeName, string>>;

/** What it takes to make probes for one session. */
export interface ProbeMaker {
  readonly sandbox: Pick<ReadySandbox, 'execInLink'>;
  readonly registry: RegistryWriter;
  readonly trust: Pick<TrustServices, 'mintIdentityToken'>;
  readonly learner: { readonly email: string };
}

/** Whoever signs the probe that is not the learner's; no guest can be called so, since guests get a number. */
const stranger = 'mallory@learners.lab';
/** In the link, where the learner cannot reach; it goes with the sandbox. */
const rememberedAt = '/tmp/proofground-probes.json';
const probesSchema = z.record(z.enum(probeNames), z.string().startsWith('registry.lab/'));
/** Four signatures take about 3 s on a busy machine. */
const signingTimeoutMs = 20_000;

/** The probes of a session: remembered ones when they are all still there, else new ones. */
export async function prepareProbes(maker: ProbeMaker): Promise<Probes> {
  const remembered = await recall(maker);
  if (remembered !== undefined) return remembered;
  // The names tell nothing, so that a command cannot be written to know them.
  const nonce = newId(8);
  const [signed, unsigned, byOther, sbomOnly, elsewhere] = await Promise.all([
    signProbe(maker, await pushProbeImage(maker.registry, { repository: `probes/${nonce}` }), maker.learner.email),
    pushProbeImage(maker.registry, { repository: 'shop/app' }),
    signProbe(maker, await pushProbeImage(maker.registry, { repository: `probes/${nonce}` }), stranger),
    attestProbe(maker, await pushProbeImage(maker.registry, { repository: `probes/${nonce}` })),
    pushProbeImage(maker.registry, { repository: `tools/${nonce}`, tag: 'latest' }),
  ]);
  const probes = { signed, unsigned, 'signed-by-other': byOther, 'sbom-only': sbomOnly, 'unsigned-elsewhere': elsewhere };
  await run(maker, { command: ['sh', '-c', `cat > ${rememberedAt}`], stdin: JSON.stringify(probes) });
  return probes;
}

async function recall(maker: ProbeMaker): Promise<Probes | undefined> {
  const { exitCode, stdout } = await maker.sandbox.execInLink(['cat', rememberedAt], { timeoutMs: 10_000, maxBytes: 4096 });
  if (exitCode !== 0) return undefined;
  const probes = readProbes(stdout.toString('utf8'));
  if (probes === undefined) return undefined;
  const present = await Promise.all(Object.values(probes).map((reference) => isThere(maker.registry, reference)));
  return present.every(Boolean) ? probes : undefined;
}

function readProbes(text: string): Probes | undefined {
  try {
    return probesSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isThere(registry: RegistryWriter, reference: string): Promise<boolean> {
  const [, repository = '', name = ''] = /^registry\.lab\/([^@:]+)[@:](.+)$/.exec(reference) ?? [];
  return registry.has(repository, name);
}

async function signProbe(maker: ProbeMaker, image: string, email: string): Promise<string> {
  await cosign(maker, { arguments: ['sign', image], email });
  return image;
}

async function attestProbe(maker: ProbeMaker, image: string): Promise<string> {
  const sbom = {
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'probe',
    dataLicense: 'CC0-1.0',
    documentNamespace: `https://learners.lab/${newId()}`,
    packages: [],
  };
  const path = `/tmp/${newId()}.spdx.json`;
  await run(maker, { command: ['sh', '-c', `cat > ${path}`], stdin: JSON.stringify(sbom) });
  await cosign(maker, { arguments: ['attest', '--type', 'spdxjson', '--predicate', path, image], email: maker.learner.email });
  return image;
}

async function cosign(maker: ProbeMaker, request: { arguments: readonly string[]; email: string }): Promise<void> {
  const token = await maker.trust.mintIdentityToken({ email: request.email });
  const env = {
    COSIGN_YES: 'true',
    COSIGN_IDENTITY_TOKEN: token,
    COSIGN_SIGNING_CONFIG: '/etc/proofground/signing_config.json',
    COSIGN_TRUSTED_ROOT: '/etc/proofground/trusted_root.json',
  };
  await run(maker, { command: ['cosign', ...request.arguments], env });
}

async function run(
  maker: ProbeMaker,
  request: { command: readonly string[]; stdin?: string; env?: Record<string, string> },
): Promise<void> {
  const { command, ...options } = request;
  const { exitCode, stderr } = await maker.sandbox.execInLink(command, {
    ...options,
    timeoutMs: signingTimeoutMs,
    workingDirectory: '/tmp',
  });
  if (exitCode === 0) return;
  throw new PlatformError(
    'trust-unavailable',
    `A probe image could not be prepared: ${command[0] ?? ''} ${command[1] ?? ''} said ${stderr.toString('utf8').slice(-400)}`,
  );
}
