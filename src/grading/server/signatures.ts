import type { CheckContext } from './check-context.ts';
import type { BundleResult } from './bundle-verifier.ts';
import { bundleMediaType } from './manifest.ts';

/** Larger bundles carry attestations that no lab asks for; more referrers than this are only looked at in part. */
const limits = { bundleBytes: 4 * 1024 * 1024, referrers: 40 };

/** What `cosign sign` states. */
export const signaturePredicateType = 'https://sigstore.dev/cosign/sign/v1';

/** Where to look for bundles and who is expected to have signed. */
export interface SignedImage {
  readonly repository: string;
  readonly digest: string;
  readonly signer: { readonly identity: string; readonly issuer: string };
}

/**
 * Verifies every bundle that refers to an image. Each referrer's own manifest is read, since the index that lists
 * them may lack their type. A referrer that is no bundle, or too large to be one of a lab, is left out.
 */
export async function verifyBundles(context: CheckContext, image: SignedImage): Promise<BundleResult[]> {
  const { registry, verifier } = context;
  const referrers = await registry.referrers(image.repository, image.digest);
  const results = referrers.slice(0, limits.referrers).map(async ({ digest }) => {
    const manifest = await registry.manifest(image.repository, digest);
    if (manifest.kind !== 'found') return undefined;
    const layer = manifest.value.layers?.find(({ mediaType }) => mediaType === bundleMediaType);
    if (layer === undefined) return undefined;
    const blob = await registry.blob(image.repository, layer.digest, limits.bundleBytes);
    if (blob.kind !== 'found') return undefined;
    return verifier.verify(blob.value, { sha256: image.digest.replace('sha256:', '') }, image.signer);
  });
  return (await Promise.all(results)).filter((result) => result !== undefined);
}
