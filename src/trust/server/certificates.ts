// @peculiar/x509 finds its dependencies through decorator metadata and refuses to load without it.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const signingPurpose = '1.3.6.1.5.5.7.3.3';
const serverPurpose = '1.3.6.1.5.5.7.3.1';
const timestampPurpose = '1.3.6.1.5.5.7.3.8';
const organization = 'Proofground';

/** A certificate and its private key (PKCS #8), PEM. */
export interface KeyedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Common name and life of a certificate. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A new P-256 private key, PKCS #8 PEM. */
export function newEcdsaKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A self-signed CA. */
export async function issueRoot(subject: CertificateSubject): Promise<KeyedCertificate> {
  const extensions = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
  return issue({ subject, extensions, issuer: undefined });
}

/** Fulcio's issuing CA: it may sign leaves for code signing and nothing else. */
export async function issueSigningIntermediate(subject: CertificateSubject, issuer: KeyedCertificate): Promise<KeyedCertificate> {
  const extensions = [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    new ExtendedKeyUsageExtension([signingPurpose]),
  ];
  return issue({ subject, extensions, issuer });
}

/** The timestamp authority's certificate: one purpose, critical, as RFC 3161 asks. */
export async function issueTimestampLeaf(subject: CertificateSubject, issuer: KeyedCertificate): Promise<KeyedCertificate> {
  const extensions = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([timestampPurpose], true),
  ];
  return issue({ subject, extensions, issuer });
}

/** A TLS server's certificate for DNS names; the first one is its common name. */
export async function issueServerLeaf(
  names: readonly string[],
  life: Omit<CertificateSubject, 'commonName'>,
  issuer: KeyedCertificate,
): Promise<KeyedCertificate> {
  const extensions = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([serverPurpose]),
    new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
  ];
  return issue({ subject: { ...life, commonName: names[0] ?? '' }, extensions, issuer });
}

interface Issuance {
  readonly subject: CertificateSubject;
  readonly extensions: readonly Extension[];
  /** Undefined: self-signed. */
  readonly issuer: KeyedCertificate | undefined;
}

async function issue({ subject, extensions, issuer }: Issuance): Promise<KeyedCertificate> {
  const keyPem = newEcdsaKeyPem();
  const publicKey = await toPublicCryptoKey(keyPem);
  const issuerKeyPem = issuer?.keyPem ?? keyPem;
  const name = `O=${organization}, CN=${subject.commonName}`;
  const certificate = await X509CertificateGenerator.create({
    // A positive integer of 127 bits at most: its first bit is cleared and its first byte is not zero.
    serialNumber: Buffer.concat([Buffer.of(0x40 | ((randomBytes(1)[0] ?? 0) >> 2)), randomBytes(15)]).toString('hex'),
    subject: name,
    issuer: issuer === undefined ? name : new X509Certificate(issuer.certPem).subject,
    notBefore: subject.notBefore,
    notAfter: subject.notAfter,
    signingAlgorithm: ecdsa,
    publicKey,
    signingKey: await toPrivateCryptoKey(issuerKeyPem),
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(await toPublicCryptoKey(issuerKeyPem)),
    ],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem };
}

async function toPublicCryptoKey(privateKeyPem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' }), ecdsa, true, ['verify']);
}

async function toPrivateCryptoKey(privateKeyPem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', createPrivateKey(privateKeyPem).export({ type: 'pkcs8', format: 'der' }), ecdsa, true, ['sign']);
}
