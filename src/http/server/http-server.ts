import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { portError } from '../../platform/server/machine-checks.ts';
import { problemOf } from '../problem.ts';
import type { Router } from './router.ts';
import { commonHeaders } from './security-headers.ts';
import { serveBuildingPage, type Site } from './site.ts';

/** Paths that the route table answers; everything else is a page. */
const ofTheTable = /^\/(api(\/|$)|healthz$|readyz$|metrics$)/;

/** What the server hands requests on to. */
export interface HttpServerParts {
  readonly router: Router;
  /** Undefined until the site is built. */
  readonly site: () => Site | undefined;
  readonly upgradeTerminal: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The one listening server: route table, pages and terminal sockets. */
export class HttpServer {
  readonly #server: Server;
  readonly #parts: HttpServerParts;

  constructor(parts: HttpServerParts) {
    this.#parts = parts;
    // A file of 1 MiB over a slow line takes a few seconds; event streams are answers and have no limit.
    this.#server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, maxHeaderSize: 16 * 1024 });
    this.#server.on('request', (request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => parts.upgradeTerminal(request, socket, head));
  }

  /**
   * Begins to listen; resolves to the port.
   * @throws PlatformError `port-busy`
   */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(portError(error, host, port)));
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and cuts what is open; pages come back when the server does. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (ofTheTable.test(path)) {
      void this.#parts.router.answer(request, response);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const problem = problemOf('method-not-allowed', 'Pages can only be read.');
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      return;
    }
    const site = this.#parts.site();
    if (site === undefined) serveBuildingPage(response);
    else site.handle(request, response);
  }
}
