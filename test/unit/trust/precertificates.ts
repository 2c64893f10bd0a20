import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { KeyedCertificate } from '../../../src/trust/server/certificates.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const poison = new Extension('1.3.6.1.4.1.11129.2.4.3', true, Buffer.of(5, 0));

/** A leaf by `issuer` as Fulcio makes it: no subject, the identity as critical SAN. DER. */
export async function makeLeaf(issuer: KeyedCertificate, options: { email: string; poisoned: boolean }): Promise<Buffer> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuerKey = createPrivateKey(issuer.keyPem);
  const issuerCertificate = new X509Certificate(issuer.certPem);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '0102030405',
    issuer: issuerCertificate.subject,
    notBefore: new Date(Date.now() - 1000),
    notAfter: new Date(Date.now() + 600_000),
    signingAlgorithm: algorithm,
    publicKey: await importKey(publicKey, 'verify'),
    signingKey: await importKey(issuerKey, 'sign'),
    extensions: [
      ...(options.poisoned ? [poison] : []),
      new SubjectAlternativeNameExtension([{ type: 'email', value: options.email }], true),
      await AuthorityKeyIdentifierExtension.create(await issuerCertificate.publicKey.export()),
    ],
  });
  return Buffer.from(certificate.rawData);
}

async function importKey(key: KeyObject, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  const format = usage === 'sign' ? 'pkcs8' : 'spki';
  const der = usage === 'sign' ? key.export({ type: 'pkcs8', format: 'der' }) : key.export({ type: 'spki', format: 'der' });
  return crypto.subtle.importKey(format, der, algorithm, true, [usage]);
}
