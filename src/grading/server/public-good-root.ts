import { createRequire } from 'node:module';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { DEFAULT_MIRROR_URL, getTrustedRoot } from '@sigstore/tuf';
import { z } from 'zod';

/** The root of the public-good Sigstore. `refreshed` is false when it could only be had from the package itself. */
export interface PublicGoodRoot {
  readonly json: unknown;
  readonly refreshed: boolean;
}

/** Milliseconds for one request to the public-good repository; nobody waits longer for a one-line answer. */
const timeoutMs = 3000;

const seedsSchema = z.record(z.string(), z.object({ targets: z.object({ 'trusted_root.json': z.base64() }) }));

/** The newest root that TUF gives, or without the internet the one that @sigstore/tuf carries. */
export async function publicGoodRoot(): Promise<PublicGoodRoot> {
  try {
    return { json: TrustedRoot.toJSON(await getTrustedRoot({ timeout: timeoutMs, retry: 0 })), refreshed: true };
  } catch {
    return { json: carriedRoot(), refreshed: false };
  }
}

function carriedRoot(): unknown {
  const seeds = seedsSchema.parse(createRequire(import.meta.url)('@sigstore/tuf/seeds.json'));
  const root = seeds[DEFAULT_MIRROR_URL]?.targets['trusted_root.json'];
  if (root === undefined) throw new Error(`@sigstore/tuf carries no root of ${DEFAULT_MIRROR_URL}.`);
  return JSON.parse(Buffer.from(root, 'base64').toString('utf8'));
}
