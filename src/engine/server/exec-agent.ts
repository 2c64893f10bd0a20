import http from 'node:http';
import { Duplex } from 'node:stream';
import type { DockerClient } from './docker-client.ts';
import type { OpenExec } from './docker-types.ts';

/** Where an {@link ExecAgent} connects: through `container`, which has socat, to `target` (`host:port`). */
export interface ExecAgentOptions {
  readonly docker: DockerClient;
  readonly container: string;
  readonly target: string;
}

/**
 * An HTTP agent whose sockets are `socat` processes in a container, so that ports on networks without a route to
 * the server (also those of a remote engine) can be reached. Plain TCP; TLS is put on top by {@link Duplex} users.
 */
export class ExecAgent extends http.Agent {
  readonly #options: ExecAgentOptions;

  constructor(options: ExecAgentOptions) {
    // An exec costs 50 to 300 ms, so connections are kept; four are enough for one sandbox's checks.
    super({ keepAlive: true, maxSockets: 4, maxFreeSockets: 2, timeout: 30_000 });
    this.#options = options;
  }

  override createConnection(_options: http.ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    openTunnel(this.#options).then(
      (stream) => callback?.(null, stream),
      (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error)), undefined as never),
    );
    return undefined;
  }
}

/** Opens one TCP connection to `target` through the container. */
async function openTunnel({ docker, container, target }: ExecAgentOptions): Promise<Duplex> {
  const running = await docker.openExec(container, { command: ['socat', '-', `TCP:${target},connect-timeout=5`] });
  return new TunnelStream(running);
}

/** The two directions of an exec as one duplex that knows the socket methods that http and tls call. */
class TunnelStream extends Duplex {
  readonly #running: OpenExec;

  constructor(running: OpenExec) {
    super({ allowHalfOpen: false });
    this.#running = running;
    running.output.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) running.output.pause();
    });
    running.output.once('end', () => this.push(null));
    running.input.on('error', (error) => this.destroy(error));
    // What socat says on its error output is of no use to an HTTP client; it must be read so that it cannot block.
    running.errors.resume();
  }

  override _read(): void {
    this.#running.output.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#running.input.write(chunk, callback);
  }

  override _final(callback: () => void): void {
    this.#running.input.end(callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#running.close();
    callback(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
