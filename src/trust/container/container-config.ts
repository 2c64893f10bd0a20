import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Where the platform puts {@link ContainerConfig} into the container. */
export const containerConfigPath = '/etc/proofground/trust.json';
/** The container's own volume: CT entries and TUF versions. */
export const trustDataDirectory = '/var/lib/proofground';
/** Rekor's volume, read-only. */
export const rekorDataDirectory = '/var/lib/rekor';
/** Only reachable inside the container. */
export const adminAddress = { host: '127.0.0.1', port: 9000 } as const;

const privateJwk = z.looseObject({
  kty: z.literal('RSA'),
  kid: z.string(),
  alg: z.literal('RS256'),
  n: z.string(),
  e: z.string(),
  d: z.string(),
});

/** All that the container needs; written by the platform at creation. PEM texts, base64 where it says so. */
const containerConfigSchema = z.object({
  front: z.object({ certificatePem: z.string(), keyPem: z.string() }),
  issuer: z.object({
    signingKey: privateJwk,
    ciPublicKey: z.looseObject({ kty: z.literal('RSA'), kid: z.string() }),
    cookieSecret: z.string().min(32),
  }),
  ctLog: z.object({ keyPem: z.string(), rootPems: z.array(z.string()).min(1) }),
  tuf: z.object({ rootBase64: z.base64(), onlineKeyPem: z.string(), targets: z.record(z.string(), z.string()) }),
  upstreams: z.object({ fulcio: z.string(), rekor: z.string(), timestamp: z.string() }),
});

export type ContainerConfig = z.infer<typeof containerConfigSchema>;

/** Reads the configuration; throws with the names of the wrong fields. */
export async function readContainerConfig(path: string): Promise<ContainerConfig> {
  return containerConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}
