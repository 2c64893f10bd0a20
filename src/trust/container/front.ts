import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import { RequestRefused, sendError, type HostHandler } from './http-answers.ts';

export interface FrontOptions {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Host name, without port, to its handler. */
  readonly hosts: Readonly<Record<string, HostHandler>>;
  readonly log: (message: string) => void;
}

/** One sandbox is one address: what it may have open must leave room for a classroom of others. */
const maxConnectionsPerAddress = 64;
const maxConnections = 4096;

/** The TLS server in front of every host of the platform; closes slow, oversized and excessive connections. */
export function createFront(options: FrontOptions): https.Server {
  const server = https.createServer(
    {
      cert: options.certificatePem,
      key: options.keyPem,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 10_000,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => void answer(options, request, response),
  );
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = 1000;
  limitConnections(server);
  return server;
}

async function answer({ hosts, log }: FrontOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    const handler = Object.hasOwn(hosts, host) ? hosts[host] : undefined;
    if (handler === undefined) throw new RequestRefused(421, `No such host here; there are ${Object.keys(hosts).join(', ')}.`);
    await handler(request, response);
  } catch (error) {
    if (error instanceof RequestRefused) {
      sendError(response, error.status, error.message);
    } else if (!request.destroyed || !response.headersSent) {
      log(`${request.method} ${request.headers.host}${request.url}: ${error instanceof Error ? error.stack : String(error)}`);
      sendError(response, 500, 'The service made a mistake; its log says which.');
    }
  }
}

function limitConnections(server: https.Server): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = (socket instanceof Socket && socket.remoteAddress) || '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > maxConnectionsPerAddress) socket.destroy();
  });
}
