import { createHash, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, Extensions, type Extension } from '@peculiar/asn1-x509';
import { encodePrecertChainEntry, type PrecertificateEntry } from './ct-structures.ts';

/** The critical extension that makes a precertificate useless as a certificate (RFC 6962, section 3.1). */
const poisonExtension = '1.3.6.1.4.1.11129.2.4.3';
const asn1Null = Buffer.of(5, 0);

/** A submitted chain that the log accepts. */
export interface AcceptedChain {
  readonly entry: PrecertificateEntry;
  /** PrecertChainEntry, for get-entries. */
  readonly extraData: Buffer;
}

/** A chain that the log does not accept, and why. */
export interface RefusedChain {
  readonly refused: string;
}

/**
 * Checks a submitted chain (DER, the precertificate first): each certificate is signed by the next and the last is
 * one of `roots` or signed by one.
 */
export function acceptChain(chain: readonly Buffer[], roots: readonly X509Certificate[]): AcceptedChain | RefusedChain {
  try {
    return checkChain(chain, roots);
  } catch {
    return { refused: 'A certificate of the chain cannot be parsed.' };
  }
}

function checkChain(chain: readonly Buffer[], roots: readonly X509Certificate[]): AcceptedChain | RefusedChain {
  const [precertificate, ...issuers] = chain;
  if (precertificate === undefined) return { refused: 'The chain is empty.' };
  const untrusted = findBrokenLink(chain, roots);
  if (untrusted !== undefined) return { refused: untrusted };
  const tbsCertificate = removePoison(precertificate);
  if (tbsCertificate === undefined)
    return { refused: 'The first certificate is not a precertificate: it lacks the critical poison extension.' };
  const issuer = issuers[0] === undefined ? issuingRoot(new X509Certificate(precertificate), roots) : new X509Certificate(issuers[0]);
  if (issuer === undefined) return { refused: 'The issuer is not known.' };
  return {
    entry: { issuerKeyHash: sha256(issuer.publicKey.export({ type: 'spki', format: 'der' })), tbsCertificate },
    extraData: encodePrecertChainEntry(precertificate, issuers),
  };
}

function findBrokenLink(chain: readonly Buffer[], roots: readonly X509Certificate[]): string | undefined {
  const certificates = chain.map((der) => new X509Certificate(der));
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1] ?? issuingRoot(certificate, roots);
    if (issuer === undefined) return 'The chain does not end in a root that this log accepts; get-roots lists them.';
    const isRootItself = issuer.raw.equals(certificate.raw);
    if (!isRootItself && !isIssuedBy(certificate, issuer)) return `Certificate ${index} of the chain is not signed by the next one.`;
  }
  return undefined;
}

/** The root that is `certificate` or has signed it. */
function issuingRoot(certificate: X509Certificate, roots: readonly X509Certificate[]): X509Certificate | undefined {
  return roots.find((root) => root.raw.equals(certificate.raw) || isIssuedBy(certificate, root));
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The TBSCertificate without its poison; undefined when there is none, or when re-encoding would change other bytes. */
function removePoison(precertificate: Buffer): Buffer | undefined {
  const { tbsCertificate } = AsnConvert.parse(precertificate, Certificate);
  // A final certificate carries the bytes that the CA wrote, so an encoding that we cannot reproduce must not be signed.
  const asWritten = Buffer.from(AsnConvert.serialize(tbsCertificate));
  if (!precertificate.includes(asWritten)) return undefined;
  const extensions = tbsCertificate.extensions ?? new Extensions();
  const others = extensions.filter((extension) => !isPoison(extension));
  if (others.length !== extensions.length - 1) return undefined;
  tbsCertificate.extensions = new Extensions(others);
  return Buffer.from(AsnConvert.serialize(tbsCertificate));
}

function isPoison(extension: Extension): boolean {
  return extension.extnID === poisonExtension && extension.critical && Buffer.from(extension.extnValue.buffer).equals(asn1Null);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
