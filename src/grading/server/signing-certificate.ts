import { X509Certificate } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';

/** The certificate in a bundle; undefined for one that was signed with a key. */
export function certificateOf({ verificationMaterial: { content } }: Bundle): X509Certificate | undefined {
  switch (content.$case) {
    case 'certificate':
      return new X509Certificate(content.certificate.rawBytes);
    case 'x509CertificateChain': {
      const [leaf] = content.x509CertificateChain.certificates;
      return leaf === undefined ? undefined : new X509Certificate(leaf.rawBytes);
    }
    case 'publicKey':
      return undefined;
  }
}
