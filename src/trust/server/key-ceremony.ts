import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { signRoot } from '../container/tuf/tuf-metadata.ts';
import { labHosts } from '../lab-hosts.ts';
import {
  issueRoot,
  issueServerLeaf,
  issueSigningIntermediate,
  issueTimestampLeaf,
  newEcdsaKeyPem,
  type KeyedCertificate,
} from './certificates.ts';
import { readKeyFolder, writeKeyFolder } from './key-folder.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** The keys live as long as an instance; what they sign is short-lived. */
const keyLifeMs = 10 * 365 * dayMs;
/** Certificates begin a day before they are made, so that a clock that is a little behind still accepts them. */
const headStartMs = dayMs;
/** Longer than any sandbox lives. */
const serverCertificateLifeMs = 90 * dayMs;

/** All keys and certificates of the platform's signing services, PEM, with the private halves. */
export interface TrustKeys {
  /** Start of every validity, ISO 8601; before the first signature. */
  readonly validFrom: string;
  /** Signs the TLS certificates of all `*.lab` hosts. */
  readonly labCa: KeyedCertificate;
  /** TLS certificate of the platform's own hosts. */
  readonly front: KeyedCertificate;
  readonly fulcioRoot: KeyedCertificate;
  readonly fulcio: KeyedCertificate;
  readonly timestampRoot: KeyedCertificate;
  readonly timestamp: KeyedCertificate;
  /** P-256, PKCS #8. */
  readonly rekorKeyPem: string;
  readonly ctLogKeyPem: string;
  /** RSA private keys as JWK with `kid`: the issuer of learners and the issuer of workflow runs. */
  readonly issuerKey: IssuerKey;
  readonly ciIssuerKey: IssuerKey;
  readonly issuerCookieSecret: string;
  /** root.json and the key that signs targets, snapshot and timestamp; the root's own key stays in its file. */
  readonly tufRoot: string;
  readonly tufOnlineKeyPem: string;
}

export interface IssuerKey {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly n: string;
  readonly e: string;
  readonly [member: string]: string;
}

/**
 * The keys in `directory`, made on the first call. Files have mode 0600; a later call returns the same.
 * Throws PlatformError `trust-keys-damaged` when the folder is not as it was written.
 */
export async function loadOrCreateKeys(directory: string): Promise<TrustKeys> {
  const files = (await readKeyFolder(directory)) ?? (await writeKeyFolder(directory, await makeKeyFiles(new Date())));
  return fromFiles(files);
}

/** A TLS certificate by the lab CA for `names`, valid for 90 days; a new one at every call. */
export async function issueServerCertificate(keys: Pick<TrustKeys, 'labCa'>, names: readonly string[]): Promise<KeyedCertificate> {
  const now = Date.now();
  return issueServerLeaf(names, { notBefore: new Date(now - headStartMs), notAfter: new Date(now + serverCertificateLifeMs) }, keys.labCa);
}

async function makeKeyFiles(now: Date): Promise<Map<string, string>> {
  const life = { notBefore: new Date(now.getTime() - headStartMs), notAfter: new Date(now.getTime() + keyLifeMs) };
  const labCa = await issueRoot({ ...life, commonName: 'Proofground lab CA' });
  const fulcioRoot = await issueRoot({ ...life, commonName: 'proofground-fulcio-root' });
  const timestampRoot = await issueRoot({ ...life, commonName: 'proofground-tsa-root' });
  const certificates = {
    'lab-ca': labCa,
    front: await issueServerLeaf(Object.values(labHosts), life, labCa),
    'fulcio-root': fulcioRoot,
    fulcio: await issueSigningIntermediate({ ...life, commonName: 'proofground-fulcio' }, fulcioRoot),
    'tsa-root': timestampRoot,
    tsa: await issueTimestampLeaf({ ...life, commonName: 'proofground-tsa' }, timestampRoot),
  };
  const tufRootKeyPem = newEd25519KeyPem();
  const tufOnlineKeyPem = newEd25519KeyPem();
  const tufRoot = signRoot({ version: 1, expiresAt: life.notAfter }, createPrivateKey(tufRootKeyPem), createPrivateKey(tufOnlineKeyPem));
  return new Map([
    ...Object.entries(certificates).flatMap(([name, { certPem, keyPem }]): [string, string][] => [
      [`${name}.crt`, certPem],
      [`${name}.key`, keyPem],
    ]),
    ['valid-from', life.notBefore.toISOString()],
    ['rekor.key', newEcdsaKeyPem()],
    ['ct-log.key', newEcdsaKeyPem()],
    ['issuer.jwk', JSON.stringify(newIssuerKey())],
    ['ci-issuer.jwk', JSON.stringify(newIssuerKey())],
    ['issuer-cookie.secret', randomBytes(32).toString('base64url')],
    ['tuf-root.key', tufRootKeyPem],
    ['tuf-root.json', tufRoot.toString()],
    ['tuf-online.key', tufOnlineKeyPem],
  ]);
}

function fromFiles(files: ReadonlyMap<string, string>): TrustKeys {
  const file = (name: string): string => files.get(name) ?? '';
  const keyed = (name: string): KeyedCertificate => ({ certPem: file(`${name}.crt`), keyPem: file(`${name}.key`) });
  return {
    validFrom: file('valid-from'),
    labCa: keyed('lab-ca'),
    front: keyed('front'),
    fulcioRoot: keyed('fulcio-root'),
    fulcio: keyed('fulcio'),
    timestampRoot: keyed('tsa-root'),
    timestamp: keyed('tsa'),
    rekorKeyPem: file('rekor.key'),
    ctLogKeyPem: file('ct-log.key'),
    issuerKey: JSON.parse(file('issuer.jwk')) as IssuerKey,
    ciIssuerKey: JSON.parse(file('ci-issuer.jwk')) as IssuerKey,
    issuerCookieSecret: file('issuer-cookie.secret'),
    tufRoot: file('tuf-root.json'),
    tufOnlineKeyPem: file('tuf-online.key'),
  };
}

function newIssuerKey(): IssuerKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const members = privateKey.export({ format: 'jwk' }) as { n: string; e: string };
  return { ...members, kty: 'RSA', kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' };
}

function newEd25519KeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
