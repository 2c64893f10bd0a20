import { createPrivateKey, sign } from 'node:crypto';
import { ciIssuerUrl, issuerUrl, signingClientId } from '../lab-hosts.ts';
import type { IssuerKey, TrustKeys } from './key-ceremony.ts';

/** Whom an identity token names, for which audience (default `sigstore`) and how long (default 60 s). */
export interface IdentityTokenRequest {
  readonly email: string;
  readonly audience?: string;
  readonly lifetimeSeconds?: number;
}

const defaultLifetimeSeconds = 60;

/** An identity token as the learners' issuer would give it, for signatures that the platform itself makes. */
export function mintIdentityToken(keys: Pick<TrustKeys, 'issuerKey'>, { email, audience, lifetimeSeconds }: IdentityTokenRequest): string {
  const claims = { iss: issuerUrl, sub: email, email, email_verified: true };
  return signToken(keys.issuerKey, withTimes(claims, { audience, lifetimeSeconds }));
}

/** A token for a workflow run by the issuer of workflow runs; `claims` are the run's, issuer and times are added. */
export function mintWorkflowToken(
  keys: Pick<TrustKeys, 'ciIssuerKey'>,
  claims: Readonly<Record<string, string>>,
  options: { audience?: string; lifetimeSeconds?: number } = {},
): string {
  return signToken(keys.ciIssuerKey, withTimes({ ...claims, iss: ciIssuerUrl }, options));
}

function withTimes(
  claims: Record<string, unknown>,
  {
    audience = signingClientId,
    lifetimeSeconds = defaultLifetimeSeconds,
  }: { audience?: string | undefined; lifetimeSeconds?: number | undefined },
): Record<string, unknown> {
  const issuedAt = Math.floor(Date.now() / 1000);
  return { ...claims, aud: audience, iat: issuedAt, nbf: issuedAt, exp: issuedAt + lifetimeSeconds };
}

function signToken(key: IssuerKey, claims: Record<string, unknown>): string {
  const content = `${encode({ alg: key.alg, kid: key.kid, typ: 'JWT' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(content), createPrivateKey({ key, format: 'jwk' }));
  return `${content}.${signature.toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
