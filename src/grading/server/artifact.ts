import { createHash, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import type { Bundle } from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import type { SignedEntity } from '@sigstore/verify';

/** What a bundle is checked against: the digest always, the bytes where the caller has them. */
export interface Artifact {
  /** Lower-case hex SHA-256. */
  readonly sha256: string;
  readonly bytes?: Buffer;
}

type SignatureContent = SignedEntity['signature'];
type MessageSignature = Extract<Bundle['content'], { $case: 'messageSignature' }>['messageSignature'];

/** The artifact of some bytes. */
export function artifactOf(bytes: Buffer): Artifact {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
}

/**
 * The signature of a plain artifact, verifiable from its digest alone when the key is P-256, which is what Fulcio and
 * cosign use; other keys need the bytes. Node offers no verification of a digest, hence noble's.
 */
export function overDigest(content: SignatureContent, artifact: Artifact): SignatureContent {
  return {
    signature: content.signature,
    compareSignature: (signature) => content.compareSignature(signature),
    compareDigest: (digest) => content.compareDigest(digest),
    compareSignedDigest: (digest) => content.compareSignedDigest(digest),
    verifySignature(key) {
      if (isP256(key)) return verifyDigest({ key, sha256: artifact.sha256, signature: content.signature });
      if (artifact.bytes !== undefined) return content.verifySignature(key);
      throw new Error('a signature by a key other than P-256 can only be checked with the artifact itself, not with its digest');
    },
  };
}

/** Undefined when the bundle says that it is about the artifact; otherwise what it is about. */
export function digestMismatch(message: MessageSignature, artifact: Artifact): string | undefined {
  const { algorithm, digest } = message.messageDigest;
  if (algorithm !== HashAlgorithm.SHA2_256)
    return artifact.bytes === undefined ? 'it names its artifact by another hash than SHA-256' : undefined;
  const signed = digest.toString('hex');
  return signed === artifact.sha256 ? undefined : `it is about sha256:${signed}, not sha256:${artifact.sha256}`;
}

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function verifyDigest({ key, sha256, signature }: { key: KeyObject; sha256: string; signature: Buffer }): boolean {
  const { x, y } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]);
  try {
    // Signatures may carry either of the two values of s; noble's default takes the lower one only.
    return p256.verify(signature, Buffer.from(sha256, 'hex'), point, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}
