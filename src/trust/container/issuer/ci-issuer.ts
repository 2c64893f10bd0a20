import type { JsonWebKey } from 'node:crypto';
import { ciIssuerUrl } from '../../lab-hosts.ts';
import { RequestRefused, sendJson, urlOf, type HostHandler } from '../http-answers.ts';

/**
 * Discovery and keys of the issuer that vouches for workflow runs. Its tokens are minted by the platform, never
 * here, so that nothing in a sandbox can ask for one.
 */
export function createCiIssuerHandler(publicKey: JsonWebKey): HostHandler {
  const documents: Record<string, unknown> = {
    '/.well-known/openid-configuration': {
      issuer: ciIssuerUrl,
      jwks_uri: `${ciIssuerUrl}/jwks`,
      authorization_endpoint: `${ciIssuerUrl}/authorize`,
      token_endpoint: `${ciIssuerUrl}/token`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    },
    '/jwks': { keys: [publicKey] },
  };
  return (request, response) => {
    const { pathname } = urlOf(request);
    const document = request.method === 'GET' && Object.hasOwn(documents, pathname) ? documents[pathname] : undefined;
    if (document === undefined) throw new RequestRefused(404, 'This issuer has discovery and keys only.');
    sendJson(response, 200, document);
  };
}
