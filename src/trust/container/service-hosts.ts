import type { HostHandler } from './http-answers.ts';
import { createLogFileHandler } from './log-files.ts';
import { createUpstreamProxy } from './upstream-proxy.ts';

/** `address` is `host:port` of the service on the platform network. */
export function createFulcioHandler(address: string): HostHandler {
  return createUpstreamProxy({
    title: 'Fulcio',
    ...split(address),
    allows: (_method, path) => /^\/api\/v[12]\//.test(path) || path === '/healthz',
  });
}

export function createTimestampHandler(address: string): HostHandler {
  return createUpstreamProxy({
    title: 'The timestamp authority',
    ...split(address),
    allows: (_method, path) => path.startsWith('/api/v1/timestamp') || path === '/ping',
  });
}

/** Rekor takes entries by its own interface; checkpoint and tiles are read from its directory, since it does not serve them. */
export function createRekorHandler(address: string, directory: string): HostHandler {
  const write = createUpstreamProxy({
    title: 'Rekor',
    ...split(address),
    allows: (method, path) => method === 'POST' && path === '/api/v2/log/entries',
  });
  const read = createLogFileHandler(directory);
  return (request, response) => (request.method === 'POST' ? write(request, response) : read(request, response));
}

function split(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname, port: Number(port) };
}
