import type { IncomingMessage } from 'node:http';
import { PlatformError } from '../../shared/errors.ts';

/**
 * Refuses requests that another site's page makes a browser send. Browsers name the origin with every request that
 * may change something; programs that are no browsers send neither header, and no other site's cookies.
 * @throws PlatformError `not-allowed`
 */
export function requireSameOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && !allowed.includes(origin)) {
    throw new PlatformError(
      'not-allowed',
      `Requests from ${origin.slice(0, 100)} are not taken; expected ${allowed[0] ?? 'the own origin'}.`,
    );
  }
  if (origin === undefined && site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new PlatformError('not-allowed', 'The request comes from another site.');
  }
}
