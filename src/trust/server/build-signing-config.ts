import { issuerUrl, labHosts } from '../lab-hosts.ts';
import type { SigningConfigJson, SigningServiceJson } from '../trusted-root.ts';
import { operator } from './build-trusted-root.ts';

/** `signing_config.v0.2.json` of an instance whose services are valid from `validFrom` (ISO 8601). */
export function buildSigningConfig(validFrom: string): SigningConfigJson {
  const service = (url: string, majorApiVersion: number): SigningServiceJson => ({
    url,
    majorApiVersion,
    validFor: { start: validFrom },
    operator,
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(`https://${labHosts.fulcio}`, 1)],
    oidcUrls: [service(issuerUrl, 1)],
    rekorTlogUrls: [service(`https://${labHosts.rekor}`, 2)],
    rekorTlogConfig: { selector: 'ANY' },
    // Unlike the others this is the address that requests are sent to, not a base.
    tsaUrls: [service(`https://${labHosts.timestamp}/api/v1/timestamp`, 1)],
    tsaConfig: { selector: 'ANY' },
  };
}
