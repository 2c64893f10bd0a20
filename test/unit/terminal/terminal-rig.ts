import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { OpenExec } from '../../../src/engine/server/docker-types.ts';
import type { LineSink, TerminalLine } from '../../../src/terminal/browser/terminal-line.ts';
import { TerminalSocket, type ConnectionStatus, type SocketLike } from '../../../src/terminal/browser/terminal-socket.ts';
import type { Role, TerminalEntry, TerminalSize } from '../../../src/terminal/protocol.ts';
import type { TerminalEvent } from '../../../src/terminal/server/terminal-events.ts';
import { TerminalGateway, type GatewayOptions } from '../../../src/terminal/server/terminal-gateway.ts';
import { TicketBook, type TerminalGrant } from '../../../src/terminal/server/ticket-book.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const mainFile = join(import.meta.dirname, '../../../src/terminal/pty-host/main.ts');

/** The origin of the site in these tests. */
export const siteOrigin = 'https://proofground.test';
/** The session in these tests. */
export const sessionId = 'session2';

/** A directory with a pty-host in it, reached through a real `attach` process as in a toolbox. */
export interface PtyHostRig extends AsyncDisposable {
  readonly directory: string;
  readonly openChannel: () => Promise<OpenExec>;
  /** Ends the relays as a broken engine connection would; the daemon lives on. */
  readonly cutChannels: () => void;
  /** Kills the daemon as a learner may. */
  readonly killDaemon: () => Promise<void>;
}

/** Starts nothing yet: the first channel starts the daemon. */
export async function ptyHostRig(): Promise<PtyHostRig> {
  const directory = await temporaryDirectory();
  const shell = join(directory.path, 'shell');
  // The prompt and the terminal's modes are the same on every machine.
  await writeFile(shell, "#!/bin/sh\nPS1='$ ' exec bash --norc --noprofile\n");
  await chmod(shell, 0o755);
  const socket = join(directory.path, 'host', 'pty-host.sock');
  const channels = new Set<OpenExec>();
  const openChannel = async (): Promise<OpenExec> => {
    const child = spawn(process.execPath, [mainFile, 'attach', '--socket', socket, '--shell', shell, '--directory', directory.path]);
    const exit = once(child, 'exit').then(([code]) => Number(code));
    const exec = { input: child.stdin, output: child.stdout, errors: child.stderr, exit, close: () => child.kill('SIGKILL') };
    channels.add(exec);
    await once(child, 'spawn');
    return exec;
  };
  const cutChannels = (): void => {
    for (const channel of channels) channel.close();
    channels.clear();
  };
  const killDaemon = async (): Promise<void> => {
    for (const pid of await processesWith(socket)) process.kill(pid, 'SIGKILL');
  };
  return {
    directory: directory.path,
    openChannel,
    cutChannels,
    killDaemon,
    async [Symbol.asyncDispose]() {
      cutChannels();
      await killDaemon();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A real HTTP server with the gateway on 127.0.0.1. */
export class ServerRig implements AsyncDisposable {
  readonly tickets = new TicketBook();
  readonly events: TerminalEvent[] = [];
  readonly gateway: TerminalGateway;
  readonly #server = createServer();
  revoked = false;
  port = 0;

  constructor(options: Pick<GatewayOptions, 'openChannel'> & Partial<GatewayOptions>) {
    this.gateway = new TerminalGateway({
      redeemTicket: (ticket) => this.tickets.redeem(ticket),
      isRevoked: () => this.revoked,
      allowedOrigins: [siteOrigin],
      report: (event) => this.events.push(event),
      ...options,
    });
    this.#server.on('upgrade', (request, socket, head) => this.gateway.handleUpgrade(request, socket, head));
  }

  /** Port 0 chooses one. */
  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  grant(role: Role = 'driver', session = sessionId): TerminalGrant {
    return { sessionId: session, userId: 'ada', role };
  }

  url(ticket: string, session = sessionId): string {
    return `ws://127.0.0.1:${this.port}/api/v1/sessions/${session}/terminals?ticket=${ticket}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.stop();
    this.#server.closeAllConnections();
    this.#server.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The browser's socket and lines over a real WebSocket of Node, with everything that arrived. */
export class Page implements Disposable {
  readonly socket: TerminalSocket;
  readonly statuses: ConnectionStatus[] = [];
  terminals: readonly TerminalEntry[] = [];
  /** The WebSocket in use, to be cut. */
  current: WebSocket | undefined;
  connections = 0;

  constructor(server: () => ServerRig, role: Role = 'driver') {
    this.socket = new TerminalSocket({
      getTicket: () => Promise.resolve(server().tickets.issue(server().grant(role))),
      socketUrl: (ticket) => server().url(ticket),
      connect: (url, protocol) => this.#connect(url, protocol),
      onStatus: (status) => this.statuses.push(status),
      onTerminals: (terminals) => {
        this.terminals = terminals;
      },
    });
  }

  /** Waits until the sandbox can be reached. */
  async ready(): Promise<this> {
    await until(() => this.statuses.at(-1)?.state === 'ready', 'the page is ready');
    return this;
  }

  open(terminal = 0, size: TerminalSize = { cols: 80, rows: 24 }): Shell {
    return new Shell(this.socket, terminal, size);
  }

  /** As a lost network: no closing handshake. */
  cut(): void {
    this.current?.terminate();
  }

  [Symbol.dispose](): void {
    this.socket.dispose();
    // A page that was made to read nothing would wait long for the closing handshake.
    this.current?.terminate();
  }

  #connect(url: string, protocol: string): SocketLike {
    const socket = new WebSocket(url, protocol, { origin: siteOrigin, perMessageDeflate: false });
    socket.on('error', () => undefined);
    this.current = socket;
    this.connections += 1;
    return socket as unknown as SocketLike;
  }
}

/** One terminal of a page: keeps every byte of output, draws nothing. */
export class Shell implements LineSink {
  readonly line: TerminalLine;
  readonly #chunks: Buffer[] = [];
  snapshots: { offset: number; size: TerminalSize; text: string }[] = [];
  sizes: { size: TerminalSize; mine: boolean }[] = [];
  replacedTimes = 0;
  exitCode: number | undefined;
  /** What was not drawn yet: the page is frozen. */
  #withheld: (() => void)[] | undefined;
  onOutput: (bytes: Uint8Array) => void = () => undefined;

  constructor(socket: TerminalSocket, terminal: number, size: TerminalSize) {
    this.line = socket.open(terminal, size, this);
  }

  output(bytes: Uint8Array, drawn: () => void): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#draw(drawn);
    this.onOutput(bytes);
  }

  snapshot(screen: { readonly size: TerminalSize; readonly bytes: Uint8Array }, drawn: () => void): void {
    this.snapshots.push({ offset: this.bytes.length, size: screen.size, text: Buffer.from(screen.bytes).toString('utf8') });
    this.#draw(drawn);
  }

  /** From now on nothing is drawn, until `thaw`. */
  freeze(): void {
    this.#withheld = [];
  }

  thaw(): void {
    const withheld = this.#withheld ?? [];
    this.#withheld = undefined;
    for (const drawn of withheld) drawn();
  }

  #draw(drawn: () => void): void {
    if (this.#withheld === undefined) drawn();
    else this.#withheld.push(drawn);
  }

  replaced(): void {
    this.replacedTimes += 1;
  }

  size(size: TerminalSize, mine: boolean): void {
    this.sizes.push({ size, mine });
  }

  exit(code: number): void {
    this.exitCode = code;
  }

  /** All output so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  type(text: string): void {
    this.line.input(Buffer.from(text, 'utf8'));
  }

  /** Ends the shell and waits until it has. */
  async end(): Promise<void> {
    this.line.end();
    await until(() => this.exitCode !== undefined, 'the shell has ended');
  }

  async shows(text: string): Promise<void> {
    await until(
      () => this.bytes.includes(text),
      `the output has ${JSON.stringify(text)}`,
      () => this.bytes.toString().slice(-400),
    );
  }
}

/** Waits up to 30 s for a condition: machines that build at the same time are slow. */
export async function until(condition: () => boolean, what: string, found: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `30 s passed until ${what}; found ${String(found())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function processesWith(argument: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(argument) ? pid : 0)),
  );
  return found.filter((pid) => pid > 0);
}
