import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTSA } from '@sigstore/mock';
import { MerkleLog, type TestLogEntry } from './merkle-log.ts';

const epoch = '2020-01-01T00:00:00Z';
const statementType = 'application/vnd.in-toto+json';

/** What a test asks to be signed. */
interface SigningRequest {
  readonly identity: string;
  readonly issuer?: string;
  readonly subjectSha256: string;
  readonly predicateType?: string;
  readonly payloadType?: string;
}

/** A whole signing service in memory: certificates with SCTs, log with proofs, timestamps, and the root that trusts it. */
export interface TestSigstore {
  readonly trustedRoot: TestTrustedRoot;
  readonly log: MerkleLog;
  /** A DSSE bundle as cosign 3 makes it. */
  signStatement(request: SigningRequest): Promise<TestBundle>;
  /** A bundle over a plain artifact. */
  signArtifact(identity: string, artifact: Buffer): Promise<TestBundle>;
  /** A bundle over a plain artifact by a key of one's own. */
  signWithKey(key: KeyObject, artifact: Buffer): Promise<TestBundle>;
}

/** Parsed JSON of a bundle, open to change. One with a statement has no message signature and the other way round. */
export interface TestBundle {
  mediaType: string;
  verificationMaterial: TestMaterial & { certificate: { rawBytes: string } };
  dsseEnvelope: { payloadType: string; payload: string; signatures: { sig: string }[] };
  messageSignature: { messageDigest: { algorithm: string; digest: string }; signature: string };
}

interface TestMaterial {
  tlogEntries: TestLogEntry[];
  timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
}

/** The parts of a trusted root that tests exchange. */
interface TestTrustedRoot {
  mediaType: string;
  tlogs: TestLog[];
  ctlogs: TestLog[];
  certificateAuthorities: unknown[];
  timestampAuthorities: unknown[];
}

/** A log of a trusted root. */
interface TestLog {
  baseUrl: string;
  hashAlgorithm: string;
  publicKey: { rawBytes: string; keyDetails: string; validFor?: { start?: string } };
  logId: { keyId: string };
}

export async function createTestSigstore(): Promise<TestSigstore> {
  const keys = { ca: newKeys(), ct: newKeys(), tsa: newKeys() };
  // A whole second, since @sigstore/core reads not every fraction in a timestamp, and a little ahead of the roots' own
  // start of validity, which is when they are made.
  const clock = new Date((Math.floor(Date.now() / 1000) + 5) * 1000);
  const ctLog = await initializeCTLog(keys.ct, clock);
  const ca = await initializeCA(keys.ca, ctLog, clock);
  const tsa = await initializeTSA(keys.tsa, clock);
  const log = new MerkleLog('rekor.test');
  for (const filler of ['first', 'second', 'third']) log.append(Buffer.from(filler));

  async function timestamp(signature: Buffer): Promise<string> {
    const artifactHash = createHash('sha256').update(signature).digest();
    const request = { artifactHash, hashAlgorithmOID: '2.16.840.1.101.3.4.2.1', nonce: 7, policyOID: '1.3.6.1.4.1.57264.2', certReq: true };
    return toBase64(await tsa.timestamp(request));
  }

  async function material(signature: Buffer, digest: Buffer, verifier: Record<string, unknown>): Promise<TestMaterial> {
    const spec = {
      hashedRekordV002: {
        data: { algorithm: 'SHA2_256', digest: toBase64(digest) },
        signature: { content: toBase64(signature), verifier },
      },
    };
    const index = log.append(Buffer.from(JSON.stringify({ apiVersion: '0.0.2', kind: 'hashedrekord', spec })));
    // One more entry, so that proofs are not those of the newest leaf only.
    log.append(Buffer.from(`after ${index}`));
    return {
      tlogEntries: [log.entry(index, 'hashedrekord')],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: await timestamp(signature) }] },
    };
  }

  async function certificate(publicKey: KeyObject, identity: string, issuer: string): Promise<string> {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const extensions = [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }];
    return toBase64(await ca.issueCertificate({ publicKey: new Uint8Array(spki), subjectAltName: identity, extensions }));
  }

  const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

  return {
    log,
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logInstance(`https://${log.origin}`, log.publicKey)],
      ctlogs: [logInstance('https://ct.test', ctLog.publicKey)],
      certificateAuthorities: [authority('https://fulcio.test', [ca.rootCertificate])],
      timestampAuthorities: [authority('https://tsa.test', [tsa.intCertificate, tsa.rootCertificate])],
    },
    async signStatement({ identity, issuer = 'https://oidc.test', subjectSha256, predicateType, payloadType = statementType }) {
      const { publicKey, privateKey } = newKeys();
      const payload = Buffer.from(JSON.stringify(statement(subjectSha256, predicateType)));
      const encoded = preAuthEncoding(payloadType, payload);
      const signature = sign('sha256', encoded, privateKey);
      const rawBytes = await certificate(publicKey, identity, issuer);
      const verifier = { keyDetails, x509Certificate: { rawBytes } };
      const proof = await material(signature, createHash('sha256').update(encoded).digest(), verifier);
      return {
        mediaType,
        verificationMaterial: { certificate: { rawBytes }, ...proof },
        dsseEnvelope: { payloadType, payload: toBase64(payload), signatures: [{ sig: toBase64(signature) }] },
      } as TestBundle;
    },
    async signArtifact(identity, artifact) {
      const { publicKey, privateKey } = newKeys();
      const signature = sign('sha256', artifact, privateKey);
      const digest = createHash('sha256').update(artifact).digest();
      const rawBytes = await certificate(publicKey, identity, 'https://oidc.test');
      const proof = await material(signature, digest, { keyDetails, x509Certificate: { rawBytes } });
      return {
        mediaType,
        verificationMaterial: { certificate: { rawBytes }, ...proof },
        messageSignature: message(digest, signature),
      } as TestBundle;
    },
    async signWithKey(key, artifact) {
      const signature = sign('sha256', artifact, key);
      const digest = createHash('sha256').update(artifact).digest();
      const proof = await material(signature, digest, { keyDetails, publicKey: { rawBytes: '' } });
      return {
        mediaType,
        verificationMaterial: { publicKey: { hint: 'own' }, ...proof },
        messageSignature: message(digest, signature),
      } as unknown as TestBundle;
    },
  };
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function statement(sha256: string, predicateType = 'https://sigstore.dev/cosign/sign/v1'): unknown {
  return { _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256 } }], predicateType, predicate: {} };
}

function message(digest: Buffer, signature: Buffer): TestBundle['messageSignature'] {
  return { messageDigest: { algorithm: 'SHA2_256', digest: toBase64(digest) }, signature: toBase64(signature) };
}

function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
}

function logInstance(baseUrl: string, key: Buffer): TestLog {
  const publicKey = { rawBytes: toBase64(key), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: epoch } };
  return { baseUrl, hashAlgorithm: 'SHA2_256', publicKey, logId: { keyId: createHash('sha256').update(key).digest('base64') } };
}

function authority(uri: string, certificates: readonly ArrayBufferView[]): unknown {
  return {
    uri,
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: toBase64(certificate) })) },
    validFor: { start: epoch },
  };
}

function toBase64(bytes: ArrayBufferView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
