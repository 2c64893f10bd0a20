import { RequestRefused, sendBytes, urlOf, type HostHandler } from '../http-answers.ts';
import type { TufRepository } from './tuf-repository.ts';

/** Serves a TUF repository as a mirror. */
export function createTufHandler(repository: TufRepository): HostHandler {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new RequestRefused(405, 'The repository is read with GET.');
    const path = urlOf(request).pathname.slice(1);
    const body = repository.file(path);
    // Clients learn from a 404 of the next root that there is none.
    if (body === undefined) throw new RequestRefused(404, `The repository has no ${path}.`);
    sendBytes(response, { status: 200, type: 'application/json', body });
  };
}
