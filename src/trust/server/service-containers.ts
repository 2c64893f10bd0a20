import { createHash } from 'node:crypto';
import type { ContainerSpec, FileToPut } from '../../engine/server/docker-types.ts';
import { containerConfigPath, rekorDataDirectory, trustDataDirectory, type ContainerConfig } from '../container/container-config.ts';
import { labHosts } from '../lab-hosts.ts';
import { buildFulcioConfig } from './fulcio-config.ts';
import type { TrustKeys } from './key-ceremony.ts';
import type { SigningConfigJson, TrustedRootJson } from '../trusted-root.ts';

/** One container of the signing services, with the files that must be in it before it starts. */
export interface ServiceContainer {
  readonly service: ServiceName;
  readonly spec: ContainerSpec;
  readonly files: readonly FileToPut[];
}

/** In the order in which they are created: Rekor first, since its volume takes the owner of its first container. */
export const serviceNames = ['rekor', 'tsa', 'fulcio', 'trust'] as const;
type ServiceName = (typeof serviceNames)[number];

/** The image that each service comes from. */
export type TrustImageName = 'sigstore' | 'trust';

export interface ServiceContainerOptions {
  readonly instance: string;
  readonly reference: (name: TrustImageName) => string;
  readonly keys: TrustKeys;
  readonly trustedRoot: TrustedRootJson;
  readonly signingConfig: SigningConfigJson;
}

/** Label that holds the hash of all that a container was made from; another one means that it is made anew. */
export const configLabel = 'dev.proofground.config';

/** The unprivileged user of both images. */
const serviceUser = 65532;
const configDirectory = '/etc/proofground';
const serviceDataDirectory = '/var/lib/proofground';
const mebibyte = 1024 * 1024;

export function platformNetworkOf(instance: string): string {
  return `pg-${instance}-platform`;
}

export function serviceLabels(instance: string): Record<string, string> {
  return { 'dev.proofground.instance': instance };
}

/** Volumes by what they hold. */
export function volumesOf(instance: string): { readonly rekor: string; readonly trust: string } {
  return { rekor: `pg-${instance}-rekor`, trust: `pg-${instance}-trust` };
}

/** All four containers of an instance. */
export function describeServiceContainers(options: ServiceContainerOptions): ServiceContainer[] {
  const parts: Record<ServiceName, ServicePart> = {
    rekor: rekor(options),
    tsa: timestampAuthority(options),
    fulcio: fulcio(options),
    trust: trust(options),
  };
  return serviceNames.map((service) => complete(service, parts[service], options));
}

/** What differs between the services. */
interface ServicePart {
  readonly image: TrustImageName;
  readonly command?: readonly string[];
  readonly aliases: readonly string[];
  readonly binds?: readonly string[];
  readonly env?: Record<string, string>;
  readonly memoryBytes: number;
  /** Path to contents; readable by the service alone. */
  readonly files: Readonly<Record<string, string>>;
}

function complete(service: ServiceName, part: ServicePart, { instance, reference }: ServiceContainerOptions): ServiceContainer {
  const files = Object.entries(part.files).map(([path, contents]) => ({ path, contents, mode: 0o600, uid: serviceUser, gid: serviceUser }));
  const spec: ContainerSpec = {
    name: `pg-${instance}-${service}`,
    image: reference(part.image),
    labels: { ...serviceLabels(instance), 'dev.proofground.service': service },
    ...(part.command && { command: part.command }),
    ...(part.env && { env: part.env }),
    ...(part.binds && { binds: part.binds }),
    hostname: service,
    network: { name: platformNetworkOf(instance), aliases: part.aliases },
    restart: 'unless-stopped',
    capabilities: { drop: ['ALL'] },
    securityOptions: ['no-new-privileges'],
    limits: { memoryBytes: part.memoryBytes, pids: 256 },
    tmpfs: { '/tmp': 'size=32m,mode=1777' },
  };
  const hash = createHash('sha256')
    .update(JSON.stringify([spec, files]))
    .digest('hex')
    .slice(0, 16);
  return { service, spec: { ...spec, labels: { ...spec.labels, [configLabel]: hash } }, files };
}

function rekor({ instance, keys }: ServiceContainerOptions): ServicePart {
  return {
    image: 'sigstore',
    aliases: ['rekor'],
    binds: [`${volumesOf(instance).rekor}:${serviceDataDirectory}`],
    memoryBytes: 512 * mebibyte,
    files: { [`${configDirectory}/rekor.key`]: keys.rekorKeyPem },
    command: [
      'rekor-server',
      'serve',
      '--http-address',
      '0.0.0.0',
      '--http-port',
      '3000',
      '--grpc-address',
      '127.0.0.1',
      '--grpc-port',
      '3001',
      // The origin of checkpoints; verifiers compare it with the host of the trusted root.
      '--hostname',
      labHosts.rekor,
      '--storage-dir',
      serviceDataDirectory,
      '--signer-filepath',
      `${configDirectory}/rekor.key`,
      // An answer waits for a checkpoint that covers the entry, so these two are most of the time that signing takes.
      '--checkpoint-interval',
      '1s',
      '--batch-max-age',
      '100ms',
    ],
  };
}

function timestampAuthority({ keys }: ServiceContainerOptions): ServicePart {
  return {
    image: 'sigstore',
    aliases: ['tsa'],
    memoryBytes: 256 * mebibyte,
    files: {
      [`${configDirectory}/tsa.key`]: keys.timestamp.keyPem,
      [`${configDirectory}/tsa-chain.pem`]: keys.timestamp.certPem + keys.timestampRoot.certPem,
    },
    command: [
      'timestamp-server',
      'serve',
      '--host',
      '0.0.0.0',
      '--port',
      '3004',
      '--timestamp-signer',
      'file',
      '--file-signer-key-path',
      `${configDirectory}/tsa.key`,
      '--file-signer-passwd',
      '',
      '--certificate-chain-path',
      `${configDirectory}/tsa-chain.pem`,
      // There is no time server to compare with; every clock here is the host's.
      '--disable-ntp-monitoring',
    ],
  };
}

function fulcio({ keys }: ServiceContainerOptions): ServicePart {
  return {
    image: 'sigstore',
    aliases: ['fulcio'],
    memoryBytes: 256 * mebibyte,
    env: { SSL_CERT_FILE: `${configDirectory}/lab-ca.pem` },
    files: {
      [`${configDirectory}/fulcio.yaml`]: buildFulcioConfig(),
      [`${configDirectory}/fulcio-chain.pem`]: keys.fulcio.certPem + keys.fulcioRoot.certPem,
      [`${configDirectory}/fulcio.key`]: keys.fulcio.keyPem,
      [`${configDirectory}/lab-ca.pem`]: keys.labCa.certPem,
    },
    command: [
      'fulcio',
      'serve',
      '--host',
      '0.0.0.0',
      '--port',
      '5555',
      '--grpc-port',
      '5554',
      '--metrics-port',
      '2112',
      '--config-path',
      `${configDirectory}/fulcio.yaml`,
      '--ca',
      'fileca',
      '--fileca-cert',
      `${configDirectory}/fulcio-chain.pem`,
      '--fileca-key',
      `${configDirectory}/fulcio.key`,
      // The key is not encrypted: its file's mode protects it, and the flag must not be empty.
      '--fileca-key-passwd',
      'unused',
      '--fileca-watch=false',
      '--ct-log-url',
      `https://${labHosts.ctLog}`,
    ],
  };
}

function trust({ instance, keys, trustedRoot, signingConfig }: ServiceContainerOptions): ServicePart {
  const volumes = volumesOf(instance);
  const { n, e, kid, kty, alg, use } = keys.ciIssuerKey;
  const config: ContainerConfig = {
    front: { certificatePem: keys.front.certPem, keyPem: keys.front.keyPem },
    issuer: {
      signingKey: { ...keys.issuerKey, d: keys.issuerKey['d'] ?? '' },
      ciPublicKey: { kty, n, e, kid, alg, use },
      cookieSecret: keys.issuerCookieSecret,
    },
    ctLog: { keyPem: keys.ctLogKeyPem, rootPems: [keys.fulcioRoot.certPem] },
    tuf: {
      rootBase64: Buffer.from(keys.tufRoot).toString('base64'),
      onlineKeyPem: keys.tufOnlineKeyPem,
      targets: { 'trusted_root.json': JSON.stringify(trustedRoot), 'signing_config.v0.2.json': JSON.stringify(signingConfig) },
    },
    upstreams: { fulcio: 'fulcio:5555', rekor: 'rekor:3000', timestamp: 'tsa:3004' },
  };
  return {
    image: 'trust',
    // Fulcio reaches issuers and log by the same names as the sandboxes do.
    aliases: ['trust', ...Object.values(labHosts)],
    binds: [`${volumes.trust}:${trustDataDirectory}`, `${volumes.rekor}:${rekorDataDirectory}:ro`],
    memoryBytes: 512 * mebibyte,
    files: { [containerConfigPath]: JSON.stringify(config) },
  };
}
