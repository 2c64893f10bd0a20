import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import { PlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { runStage } from '../../shared/server/run-stage.ts';
import type { Approval, ApprovalOutcome, DenialOutcome } from '../approval.ts';
import type { ServiceHealth } from '../container/admin-api.ts';
import type { SigningConfigJson, TrustedRootJson } from '../trusted-root.ts';
import { AdminClient } from './admin-client.ts';
import { buildSigningConfig } from './build-signing-config.ts';
import { buildTrustedRoot } from './build-trusted-root.ts';
import type { KeyedCertificate } from './certificates.ts';
import { ensureServices, removeServices } from './ensure-services.ts';
import { issueServerCertificate, loadOrCreateKeys, type TrustKeys } from './key-ceremony.ts';
import { mintIdentityToken, mintWorkflowToken, type IdentityTokenRequest } from './mint-token.ts';
import { describeServiceContainers, platformNetworkOf, type TrustImageName } from './service-containers.ts';

export interface TrustOptions {
  readonly docker: DockerClient;
  readonly images: { reference(name: TrustImageName): string };
  /** Id of the instance, part of all names. */
  readonly instance: string;
  /** The instance's data directory; keys are kept in `trust/` below it. */
  readonly dataDirectory: string;
  readonly report: Report;
}

/** The platform's own Sigstore, running. */
export interface TrustServices {
  readonly trustedRoot: TrustedRootJson;
  readonly signingConfig: SigningConfigJson;
  /** The CA of every `*.lab` host, PEM. */
  readonly labCaPem: string;
  /** Network on which the alias `trust` is, port 443; a sandbox's link is connected to it. */
  readonly platformNetwork: string;
  /** A TLS certificate by the lab CA, valid for 90 days. */
  issueServerCertificate(names: readonly string[]): Promise<KeyedCertificate>;
  /** Signatures that wait for consent in the sandbox whose link has this address. */
  pendingApprovals(linkAddress: string): Promise<Approval[]>;
  approve(code: string, answer: { readonly linkAddress: string; readonly email: string }): Promise<ApprovalOutcome>;
  deny(code: string, linkAddress: string): Promise<DenialOutcome>;
  /** An identity token by the learners' issuer, for signatures that the platform makes itself. */
  mintIdentityToken(request: IdentityTokenRequest): Promise<string>;
  /** A token for a workflow run by the issuer of workflow runs. */
  mintWorkflowToken(claims: Readonly<Record<string, string>>, options?: { audience?: string; lifetimeSeconds?: number }): Promise<string>;
  health(): Promise<ServiceHealth[]>;
  /** Lets go of the services, which go on running; {@link removeTrust} ends them. */
  stop(): Promise<void>;
}

/** A busy machine needs ten seconds; six times that is a failure. */
const readyTimeoutMs = 60_000;
const usualStartMs = 5000;

/**
 * Starts the signing services, or adopts them when they run already. Keys are made on the first start and kept.
 * Throws PlatformError `trust-unavailable` with the last lines of the service that does not come up.
 */
export async function startTrust(options: TrustOptions): Promise<TrustServices> {
  return runStage(options.report, { stage: 'trust', title: 'Starting the signing services', expectedMs: usualStartMs }, async () => {
    const keys = await loadOrCreateKeys(join(options.dataDirectory, 'trust'));
    const documents = { trustedRoot: buildTrustedRoot(keys), signingConfig: buildSigningConfig(keys.validFrom) };
    const { docker, instance, images } = options;
    await ensureServices(
      docker,
      instance,
      describeServiceContainers({ instance, keys, ...documents, reference: (name) => images.reference(name) }),
    );
    const admin = new AdminClient(docker, `pg-${instance}-trust`);
    await waitUntilReady(options, admin);
    return { ...documents, ...present(keys, admin), platformNetwork: platformNetworkOf(instance) };
  });
}

/** Removes the services' containers, network and volumes; keys stay in the data directory. */
export async function removeTrust(docker: DockerClient, instance: string): Promise<void> {
  await removeServices(docker, instance);
}

function present(keys: TrustKeys, admin: AdminClient): Omit<TrustServices, 'trustedRoot' | 'signingConfig' | 'platformNetwork'> {
  return {
    labCaPem: keys.labCa.certPem,
    issueServerCertificate: (names) => issueServerCertificate(keys, names),
    pendingApprovals: (linkAddress) => admin.pending(linkAddress),
    approve: (code, answer) => admin.approve({ code, ...answer }),
    deny: (code, linkAddress) => admin.deny({ code, linkAddress }),
    mintIdentityToken: (request) => Promise.resolve(mintIdentityToken(keys, request)),
    mintWorkflowToken: (claims, tokenOptions) => Promise.resolve(mintWorkflowToken(keys, claims, tokenOptions)),
    health: () => admin.health(),
    stop: () => {
      admin.close();
      return Promise.resolve();
    },
  };
}

async function waitUntilReady({ docker, instance }: TrustOptions, admin: AdminClient): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  let problem = 'trust';
  while (Date.now() < deadline) {
    try {
      const broken = (await admin.health()).find((service) => !service.ok);
      if (broken === undefined) return;
      problem = broken.name;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      problem = 'trust';
    }
    await sleep(200);
  }
  const log = await docker.logs(`pg-${instance}-${problem}`, 20).catch(() => '(no log)');
  throw new PlatformError(
    'trust-unavailable',
    `${problem} did not become ready within ${readyTimeoutMs / 1000} s. Its last lines:\n${log}`,
  );
}
