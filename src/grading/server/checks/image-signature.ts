import { failed, passed } from '../../check.ts';
import type { BundleResult, Evidence } from '../bundle-verifier.ts';
import type { Check, CheckContext } from '../check-context.ts';
import { platformImages } from '../manifest.ts';
import { signaturePredicateType, verifyBundles, type SignedImage } from '../signatures.ts';
import { findImage, isFinding, type PresentImage } from './image.ts';

/** Who must have signed; both may hold variables. */
export interface Signer {
  readonly identity: string;
  readonly issuer: string;
}

/** The image that the reference names now carries a signature by exactly this signer. */
export function signedBy(image: string, signer: Signer): Check {
  return async (context) => {
    const present = await findImage(context, image);
    if (isFinding(present)) return present;
    const signed = toSignedImage(context, present, signer);
    const results = await verifyBundles(context, signed);
    if (signatureAmong(results) !== undefined) return passed(`${signed.digest}, signed by ${signed.signer.identity}`);
    return failed(
      `${signed.digest} signed by ${signed.signer.identity}, issuer ${signed.signer.issuer}`,
      await explain(context, present, { signed, results }),
    );
  };
}

/** The image carries an attestation of this predicate type by exactly this signer. */
export function attested(image: string, predicateType: string, signer: Signer): Check {
  return async (context) => {
    const present = await findImage(context, image);
    if (isFinding(present)) return present;
    const signed = toSignedImage(context, present, signer);
    const types = (await verifyBundles(context, signed))
      .filter((result) => result.ok)
      .map((result) => result.evidence.statement?.predicateType ?? '');
    if (types.includes(predicateType)) return passed(`${signed.digest}, attested by ${signed.signer.identity}`);
    const others = types.length === 0 ? 'no attestation by that signer' : `only ${[...new Set(types)].join(', ')}`;
    return failed(`an attestation of type ${predicateType} by ${signed.signer.identity}`, others);
  };
}

/** The verified signature of an image by the signer; undefined when there is none. */
export async function findSignature(context: CheckContext, image: string, signer: Signer): Promise<Evidence | undefined> {
  const present = await findImage(context, image);
  if (isFinding(present)) return undefined;
  return signatureAmong(await verifyBundles(context, toSignedImage(context, present, signer)));
}

function toSignedImage(context: CheckContext, { reference, manifest }: PresentImage, signer: Signer): SignedImage {
  const resolved = { identity: context.resolve(signer.identity), issuer: context.resolve(signer.issuer) };
  return { repository: reference.repository, digest: manifest.digest, signer: resolved };
}

function signatureAmong(results: readonly BundleResult[]): Evidence | undefined {
  return results.filter((result) => result.ok).find(({ evidence }) => evidence.statement?.predicateType === signaturePredicateType)
    ?.evidence;
}

interface Looked {
  readonly signed: SignedImage;
  readonly results: readonly BundleResult[];
}

/** The most telling of what was found in place of the wanted signature. */
async function explain(context: CheckContext, present: PresentImage, { signed, results }: Looked): Promise<string> {
  const other = results.find((result) => !result.ok && result.fault === 'signer');
  if (other !== undefined && !other.ok && other.fault === 'signer') {
    return `a good signature, but by ${other.evidence.signer.identity}, issuer ${other.evidence.signer.issuer}`;
  }
  const attestation = results.find((result) => result.ok);
  if (attestation !== undefined)
    return `an attestation of type ${attestation.evidence.statement?.predicateType ?? '?'} by that signer, but no signature`;
  const bad = results.find((result) => !result.ok);
  if (bad !== undefined && !bad.ok) return `a signature that does not hold: ${bad.reason}`;
  return (await signedElsewhere(context, present, signed)) ?? `no signature on ${signed.digest}`;
}

async function signedElsewhere(
  context: CheckContext,
  { reference, manifest }: PresentImage,
  signed: SignedImage,
): Promise<string | undefined> {
  for (const { digest } of platformImages(manifest).slice(0, 8)) {
    if (signatureAmong(await verifyBundles(context, { ...signed, digest })) !== undefined) {
      return `a signature on ${digest}, one of the images in the index, but not on the index ${signed.digest} itself`;
    }
  }
  const others = (await context.registry.tags(reference.repository)).map(signedDigest).filter((digest) => digest !== undefined);
  for (const digest of others.slice(0, 20)) {
    if (digest !== signed.digest && signatureAmong(await verifyBundles(context, { ...signed, digest })) !== undefined) {
      return `no signature on ${signed.digest}; you signed ${digest}, which is another image`;
    }
  }
  return undefined;
}

function signedDigest(tag: string): string | undefined {
  return /^sha256-[0-9a-f]{64}$/.test(tag) ? tag.replace('-', ':') : undefined;
}
