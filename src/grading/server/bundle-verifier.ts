import type { KeyObject } from 'node:crypto';
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { toSignedEntity, Verifier, type SignedEntity, type TrustMaterial } from '@sigstore/verify';
import { digestMismatch, overDigest, type Artifact } from './artifact.ts';
import { logEntryProblem } from './log-entry.ts';
import { readStatement, type Statement } from './statement.ts';
import { readTrustedRoot, withPublicKey } from './trust-root.ts';

/** Largest bundle that is read; one around a large SBOM has a few MiB. */
export const maxBundleBytes = 16 * 1024 * 1024;

/** Who must have signed: an identity that an issuer vouched for, or the holder of a key. */
export type ExpectedSigner = { readonly identity: string; readonly issuer: string } | { readonly publicKey: KeyObject };

/** Who signed, as the certificate says; both empty for a bundle signed with a key. */
interface FoundSigner {
  readonly identity: string;
  readonly issuer: string;
}

/** What a good bundle proves. */
export interface Evidence {
  readonly signer: FoundSigner;
  /** Present when the bundle holds a statement, absent when it signs the artifact itself. */
  readonly statement: Statement | undefined;
  readonly bundle: Bundle;
}

/**
 * Result of a verification. `unreadable`: not a bundle. `evidence`: something in it is forged, missing or does not fit
 * together. `artifact`: good evidence about something else. `signer`: good evidence by somebody else.
 */
export type BundleResult =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly fault: 'unreadable' | 'evidence' | 'artifact'; readonly reason: string }
  | { readonly ok: false; readonly fault: 'signer'; readonly reason: string; readonly evidence: Evidence };

/**
 * Verifies Sigstore bundles against one trusted root, offline: signature, certificate chain, SCT, log entry with its
 * inclusion proof and checkpoint, timestamp, then what @sigstore/verify leaves to its caller: that the statement is
 * about this artifact, and that the signer is exactly the expected one (its own policy takes patterns).
 */
export class BundleVerifier {
  readonly #material: TrustMaterial;

  /** `trustedRoot`: parsed JSON of a TrustedRoot. Throws UnusableTrustedRoot. */
  constructor(trustedRoot: unknown) {
    this.#material = readTrustedRoot(trustedRoot);
  }

  verify(bundleJson: Buffer, artifact: Artifact, signer: ExpectedSigner): BundleResult {
    const bundle = parseBundle(bundleJson);
    if (typeof bundle === 'string') return { ok: false, fault: 'unreadable', reason: bundle };
    const otherMessage = messageAboutAnother(bundle, artifact);
    if (otherMessage !== undefined) return { ok: false, fault: 'artifact', reason: otherMessage };
    const evidence = this.#verifyEvidence(bundle, artifact, signer);
    if (typeof evidence === 'string') return { ok: false, fault: 'evidence', reason: evidence };
    const otherSubject = statementAboutAnother(evidence.statement, artifact);
    if (otherSubject !== undefined) return { ok: false, fault: 'artifact', reason: otherSubject };
    const otherSigner = signedByAnother(evidence, signer);
    if (otherSigner !== undefined) return { ok: false, fault: 'signer', reason: otherSigner, evidence };
    return { ok: true, evidence };
  }

  #verifyEvidence(bundle: Bundle, artifact: Artifact, signer: ExpectedSigner): Evidence | string {
    const shape = shapeProblem(bundle, signer);
    if (shape !== undefined) return shape;
    const statement = bundle.content.$case === 'dsseEnvelope' ? readStatement(bundle.content.dsseEnvelope) : undefined;
    if (typeof statement === 'string') return statement;
    try {
      const entity = toEntity(bundle, artifact);
      const { identity } = this.#verifierFor(signer).verify(entity);
      return {
        signer: { identity: identity?.subjectAlternativeName ?? '', issuer: identity?.extensions?.issuer ?? '' },
        statement,
        bundle,
      };
    } catch (error) {
      return reasonOf(error);
    }
  }

  #verifierFor(signer: ExpectedSigner): Verifier {
    if ('publicKey' in signer) {
      // A key has no validity that a timestamp would have to prove, no certificate that a CT log would know, and whoever
      // names it need not find it in a log. What the bundle does hold of these must be right all the same.
      return new Verifier(withPublicKey(this.#material, signer.publicKey), { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
    }
    return new Verifier(this.#material, { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
  }
}

function parseBundle(json: Buffer): Bundle | string {
  if (json.length > maxBundleBytes) return `the bundle is larger than ${maxBundleBytes / 1024 / 1024} MiB`;
  try {
    return bundleFromJSON(JSON.parse(json.toString('utf8')));
  } catch (error) {
    return `this is not a Sigstore bundle: ${reasonOf(error)}`;
  }
}

function shapeProblem(bundle: Bundle, signer: ExpectedSigner): string | undefined {
  const holdsKey = bundle.verificationMaterial.content.$case === 'publicKey';
  if ('publicKey' in signer && !holdsKey) return 'the bundle was signed with a certificate, not with a key';
  if (!('publicKey' in signer) && holdsKey) return 'the bundle was signed with a key, so it names no identity';
  if (bundle.content.$case === 'dsseEnvelope' && bundle.content.dsseEnvelope.signatures.length !== 1) {
    return `the envelope carries ${bundle.content.dsseEnvelope.signatures.length} signatures; exactly one is verifiable`;
  }
  return bundle.verificationMaterial.tlogEntries.map(logEntryProblem).find((problem) => problem !== undefined);
}

function toEntity(bundle: Bundle, artifact: Artifact): SignedEntity {
  const entity = toSignedEntity(bundle, artifact.bytes);
  return bundle.content.$case === 'dsseEnvelope' ? entity : { ...entity, signature: overDigest(entity.signature, artifact) };
}

// Looked at first, since otherwise the signature of another artifact would only be called wrong.
function messageAboutAnother({ content }: Bundle, artifact: Artifact): string | undefined {
  return content.$case === 'messageSignature' ? digestMismatch(content.messageSignature, artifact) : undefined;
}

function statementAboutAnother(statement: Statement | undefined, artifact: Artifact): string | undefined {
  if (statement === undefined || statement.subjects.some(({ sha256 }) => sha256 === artifact.sha256)) return undefined;
  return `it is about sha256:${statement.subjects[0]?.sha256 ?? '?'}, not sha256:${artifact.sha256}`;
}

function signedByAnother({ signer }: Evidence, expected: ExpectedSigner): string | undefined {
  if ('publicKey' in expected) return undefined;
  if (signer.identity === expected.identity && signer.issuer === expected.issuer) return undefined;
  return `it was signed by ${signer.identity} (issuer ${signer.issuer}), not by ${expected.identity} (issuer ${expected.issuer})`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.replaceAll(/\s+/g, ' ').slice(0, 300);
}
