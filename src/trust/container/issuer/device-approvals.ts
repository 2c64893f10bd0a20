import type { AdapterPayload, Provider } from 'oidc-provider';
import type { Approval, ApprovalOutcome, DenialOutcome } from '../../approval.ts';
import type { IssuerStore } from './issuer-store.ts';

/** What the device-code model keeps, as far as it matters here. */
type DeviceCode = InstanceType<Provider['DeviceCode']>;

/** Lists and answers the device codes of one sandbox; those of other addresses do not exist for it. */
export class DeviceApprovals {
  readonly #provider: Provider;
  readonly #store: IssuerStore;

  constructor(provider: Provider, store: IssuerStore) {
    this.#provider = provider;
    this.#store = store;
  }

  /** Codes that were asked for from `linkAddress` and wait for an answer, oldest first. */
  pending(linkAddress: string): Approval[] {
    return this.#store.deviceCodes(linkAddress).filter(isPending).map(toApproval);
  }

  /** Lets the code's asker have one identity token for `email`. */
  async approve(userCode: string, answer: { linkAddress: string; email: string }): Promise<ApprovalOutcome> {
    const code = await this.#findUnanswered(userCode, answer.linkAddress);
    if (typeof code === 'string') return code;
    const scope = grantedScope(code.params);
    const grant = new this.#provider.Grant({ clientId: code.clientId as string, accountId: answer.email });
    grant.addOIDCScope(scope);
    const grantId = await grant.save();
    const nonce = code.params?.['nonce'];
    Object.assign(code, {
      accountId: answer.email,
      grantId,
      scope,
      authTime: Math.floor(Date.now() / 1000),
      ...(typeof nonce === 'string' && { nonce }),
    });
    await code.save();
    return 'approved';
  }

  /** Tells the code's asker that access is denied. */
  async deny(userCode: string, linkAddress: string): Promise<DenialOutcome> {
    const code = await this.#findUnanswered(userCode, linkAddress);
    if (typeof code === 'string') return code;
    Object.assign(code, { error: 'access_denied', errorDescription: 'The learner did not approve the signature.' });
    await code.save();
    return 'denied';
  }

  async #findUnanswered(userCode: string, linkAddress: string): Promise<DeviceCode | 'unknown' | 'expired'> {
    const normalized = userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
    const code = await this.#provider.DeviceCode.findByUserCode(normalized, { ignoreExpiration: true });
    if (code === undefined || code.deviceInfo?.['ip'] !== linkAddress) return 'unknown';
    if (code.isExpired) return 'expired';
    return code.accountId === undefined && code.error === undefined && !code.consumed ? code : 'unknown';
  }
}

function isPending(payload: AdapterPayload): boolean {
  return payload.accountId === undefined && payload.error === undefined && (payload.exp ?? 0) * 1000 > Date.now();
}

function toApproval(payload: AdapterPayload): Approval {
  const code = payload.userCode ?? '';
  return {
    code: `${code.slice(0, 4)}-${code.slice(4)}`,
    clientId: payload.clientId ?? '',
    scope: grantedScope(payload.params),
    requestedAt: new Date((payload.iat ?? 0) * 1000).toISOString(),
    expiresAt: new Date((payload.exp ?? 0) * 1000).toISOString(),
  };
}

/** Of what was asked for, what this issuer knows; always with `openid`, without which there is no identity token. */
function grantedScope(params: Record<string, unknown> | undefined): string {
  const scope = params?.['scope'];
  const asked = new Set(typeof scope === 'string' ? scope.split(' ') : []);
  return ['openid', 'email'].filter((known) => known === 'openid' || asked.has(known)).join(' ');
}
