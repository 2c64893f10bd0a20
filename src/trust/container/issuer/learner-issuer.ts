import { Provider, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { issuerUrl, signingClientId } from '../../lab-hosts.ts';
import { RequestRefused, sendBytes, urlOf, type HostHandler } from '../http-answers.ts';
import type { IssuerStore } from './issuer-store.ts';

/** Shape of a user code as cosign prints it. */
const userCodeMask = '****-****';
/** Time to approve a signature in the page. */
const deviceCodeSeconds = 300;
/** cosign takes the token to Fulcio at once; a minute also covers a busy machine. */
const identityTokenSeconds = 60;
/** Without it cosign asks again without a pause. */
const pollIntervalSeconds = 1;

/** The requests of discovery and of the device flow; nothing else of oidc-provider is reachable. */
const openPaths = new Set(['/.well-known/openid-configuration', '/jwks', '/token', '/device/auth']);
/** Where cosign sends people; consent is given in the lab page and nowhere else. */
const explainedPaths = new Set(['/', '/device', '/auth']);

export interface LearnerIssuerOptions {
  readonly store: IssuerStore;
  /** Private RSA key with `kid` and `alg: RS256`. */
  readonly signingKey: JWK;
  readonly cookieSecret: string;
  readonly log: (message: string) => void;
}

/** The OpenID Connect issuer behind `https://oidc.lab`: device flow, one public client, the e-mail as identity. */
export function createLearnerIssuer(options: LearnerIssuerOptions): Provider {
  const provider = new Provider(issuerUrl, configuration(options));
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/device/auth' && ctx.status === 200) Object.assign(ctx.body as object, { interval: pollIntervalSeconds });
  });
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) =>
    options.log(`issuer ${ctx.path}: ${error.stack ?? error.message}`),
  );
  return provider;
}

/** Serves the open paths by `provider` and explains the others. */
export function createIssuerHandler(provider: Provider): HostHandler {
  const handle = provider.callback();
  return async (request, response) => {
    const { pathname } = urlOf(request);
    if (openPaths.has(pathname)) {
      await handle(request, response);
      return;
    }
    if (!explainedPaths.has(pathname)) throw new RequestRefused(404, 'The issuer has discovery, keys and the device flow.');
    sendBytes(response, { status: 200, type: 'text/html; charset=utf-8', body: Buffer.from(approvalPage) });
  };
}

function configuration({ store, signingKey, cookieSecret }: LearnerIssuerOptions): Configuration {
  return {
    adapter: (model: string) => store.adapterFor(model),
    jwks: { keys: [signingKey] },
    cookies: { keys: [cookieSecret] },
    clients: [
      {
        client_id: signingClientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: 'RS256',
      },
    ],
    features: {
      deviceFlow: { enabled: true, charset: 'base-20', mask: userCodeMask, deviceInfo: (ctx) => ({ ip: addressOf(ctx) }) },
      // The development log-in would let anybody be anybody.
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
    },
    scopes: ['openid', 'email'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // Fulcio reads the e-mail from the identity token itself.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true }) }),
    ttl: { IdToken: identityTokenSeconds, AccessToken: identityTokenSeconds, DeviceCode: deviceCodeSeconds, Grant: deviceCodeSeconds },
  };
}

/** The peer of the connection: a sandbox's link, which nobody in another sandbox can be. */
function addressOf(ctx: KoaContextWithOIDC): string {
  return (ctx.req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

const approvalPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Approve in the lab page</title></head>
<body>
<h1>Approve in the lab page</h1>
<p>cosign is waiting for your consent. Go back to the page of your lab: a card there shows the same code and asks
whether you want to sign. Approve it only when the codes are equal.</p>
<p>Nothing can be approved here.</p>
</body>
</html>
`;
