import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { HostConnection } from './host-connection.ts';
import type { ShellSpec } from './sandbox-pty.ts';
import { TerminalTable } from './terminal-table.ts';

/** The process that owns the shells. One server at a time is connected; a newer one takes over. */
export class Daemon {
  readonly #table: TerminalTable;
  readonly #server: Server;
  #connection: HostConnection | undefined;

  constructor(shell: ShellSpec) {
    this.#table = new TerminalTable(shell);
    this.#table.onChange = () => this.#connection?.tellTerminals();
    this.#server = createServer((socket) => new HostConnection(socket, this.#table, (connection) => this.#takeOver(connection)));
  }

  /** Listens on a Unix socket for its owner only; false when another daemon does already. */
  async listen(socketPath: string): Promise<boolean> {
    if (await answers(socketPath)) return false;
    rmSync(socketPath, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      this.#server.listen(socketPath, () => {
        chmodSync(socketPath, 0o600);
        resolve(true);
      });
    });
  }

  /** Ends every shell and stops listening. */
  stop(): void {
    this.#table.dispose();
    this.#connection?.replace();
    this.#server.close();
  }

  #takeOver(connection: HostConnection): void {
    if (this.#connection !== connection) this.#connection?.replace();
    this.#connection = connection;
  }
}

/** Whether somebody listens on a socket. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    const finish = (answered: boolean): void => {
      probe.destroy();
      resolve(answered);
    };
    probe.once('connect', () => finish(true));
    probe.once('error', () => finish(false));
  });
}
