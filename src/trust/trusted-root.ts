/** A certificate chain as a trusted root spells it; bytes are base64 of DER. */
interface CertificateChainJson {
  readonly certificates: readonly { readonly rawBytes: string }[];
}

/** A transparency log as a trusted root spells it. */
export interface LogJson {
  readonly baseUrl: string;
  readonly hashAlgorithm: 'SHA2_256';
  readonly publicKey: { readonly rawBytes: string; readonly keyDetails: string; readonly validFor: ValidityJson };
  readonly logId: { readonly keyId: string };
  readonly operator: string;
}

/** A certificate or timestamp authority as a trusted root spells it. */
export interface AuthorityJson {
  readonly subject: { readonly organization: string; readonly commonName: string };
  readonly uri: string;
  readonly certChain: CertificateChainJson;
  readonly validFor: ValidityJson;
  readonly operator: string;
}

interface ValidityJson {
  /** RFC 3339. */
  readonly start: string;
}

/** `trusted_root.json`: whom a verifier of this platform's signatures trusts. */
export interface TrustedRootJson {
  readonly mediaType: string;
  readonly tlogs: readonly LogJson[];
  readonly certificateAuthorities: readonly AuthorityJson[];
  readonly ctlogs: readonly LogJson[];
  readonly timestampAuthorities: readonly AuthorityJson[];
}

/** One service of a signing config. */
export interface SigningServiceJson {
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor: ValidityJson;
  readonly operator: string;
}

/** `signing_config.v0.2.json`: where a signer of this platform finds its services. */
export interface SigningConfigJson {
  readonly mediaType: string;
  readonly caUrls: readonly SigningServiceJson[];
  readonly oidcUrls: readonly SigningServiceJson[];
  readonly rekorTlogUrls: readonly SigningServiceJson[];
  readonly rekorTlogConfig: { readonly selector: 'ANY' };
  readonly tsaUrls: readonly SigningServiceJson[];
  readonly tsaConfig: { readonly selector: 'ANY' };
}
