import http from 'node:http';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

/** A tunnel that opens plain connections, and what TLS on top of it needs. */
export interface TlsAgentOptions {
  readonly tunnel: http.Agent;
  readonly serverName: string;
  /** The only authorities that are trusted, PEM. */
  readonly caPem: string;
  /** Client certificate, where the server asks for one; PEM. */
  readonly client?: { readonly certPem: string; readonly keyPem: string };
}

type Opened = (error: Error | null, stream?: Duplex) => void;
interface Opener {
  createConnection(options: http.ClientRequestArgs, opened: Opened): unknown;
}

/** An HTTP agent that speaks TLS through another agent's connections, so that HTTPS works over a tunnel into a sandbox. */
export class TlsAgent extends http.Agent {
  readonly #options: TlsAgentOptions;

  constructor(options: TlsAgentOptions) {
    super({ keepAlive: true, maxSockets: 4, maxFreeSockets: 2 });
    this.#options = options;
  }

  override createConnection(request: http.ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    const opened = once((callback ?? (() => undefined)) as Opened);
    (this.#options.tunnel as unknown as Opener).createConnection(request, (error, stream) => {
      if (error !== null || stream === undefined) opened(error ?? new Error('the tunnel opened nothing'));
      else this.#secure(stream, opened);
    });
    return undefined;
  }

  #secure(stream: Duplex, opened: Opened): void {
    const { serverName, caPem, client } = this.#options;
    const socket = tls.connect({
      socket: stream,
      servername: serverName,
      ca: caPem,
      ...(client === undefined ? {} : { cert: client.certPem, key: client.keyPem }),
    });
    socket.once('error', (error: Error) => opened(error));
    socket.once('secureConnect', () => opened(null, socket));
    // A tunnel that ends during the handshake says so by closing only.
    socket.once('close', () => opened(new Error('the connection was closed')));
  }
}

function once(call: Opened): Opened {
  let called = false;
  return (error, stream) => {
    if (called) return;
    called = true;
    call(error, stream);
  };
}
