/** Host names of the platform's signing services as every sandbox knows them. */
export const labHosts = {
  issuer: 'oidc.lab',
  ciIssuer: 'ci.lab',
  fulcio: 'fulcio.lab',
  rekor: 'rekor.lab',
  timestamp: 'tsa.lab',
  ctLog: 'ct.lab',
  tuf: 'tuf.lab',
} as const;

/** URL of the issuer that signs learners in; the certificates' issuer extension holds exactly this. */
export const issuerUrl = `https://${labHosts.issuer}`;

/** URL of the issuer that vouches for workflow runs. */
export const ciIssuerUrl = `https://${labHosts.ciIssuer}`;

/** The client that cosign is, and the audience of every identity token. */
export const signingClientId = 'sigstore';
