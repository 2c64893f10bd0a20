import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { OpenExec } from '../../engine/server/docker-types.ts';
import { errorCatalogue } from '../../shared/errors.ts';
import { closeCode } from '../control.ts';
import { maxMessageBytes, protocolName } from '../protocol.ts';
import { admit, type AdmissionRules } from './admission.ts';
import { SandboxChannel } from './sandbox-channel.ts';
import { Recorder, type RecordingOptions } from './recorder.ts';
import { TerminalConnection } from './terminal-connection.ts';
import type { ReportTerminal, TerminalEvent } from './terminal-events.ts';
import type { TerminalGrant } from './ticket-book.ts';

/** Pages of one session, watchers included. */
const maxSocketsPerSession = 16;
/** How often living sockets are asked whether their right still stands: well within a second. */
const revocationCheckMs = 500;

/** What the gateway needs from the platform. */
export interface GatewayOptions extends AdmissionRules {
  /** Starts `pty-host attach` in the session's sandbox; throws PlatformError `sandbox-gone` when it has ended. */
  readonly openChannel: (sessionId: string) => Promise<OpenExec>;
  readonly report: ReportTerminal;
  /** Where to record what the shells write; absent: nothing is recorded. */
  readonly recording?: RecordingOptions;
}

interface Session {
  readonly channel: SandboxChannel;
  readonly connections: Set<TerminalConnection>;
  readonly recorder: Recorder | undefined;
}

/** The WebSocket end of every terminal: who may come in, and which sandbox their keys go to. */
export class TerminalGateway {
  readonly #options: GatewayOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: () => protocolName,
  });
  readonly #revocationTimer: NodeJS.Timeout;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#revocationTimer = setInterval(() => this.#cutRevoked(), revocationCheckMs);
    this.#revocationTimer.unref();
  }

  /** Takes over an upgrade of `GET /api/v1/sessions/:id/terminals?ticket=...`; answers 403 and closes when it is refused. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const admission = admit(request, this.#options);
    if (!admission.admitted) return this.#refuse(socket, { kind: 'refused', why: admission.why, origin: request.headers.origin });
    const { grant } = admission;
    const session = this.#session(grant.sessionId);
    if (session.connections.size >= maxSocketsPerSession)
      return this.#refuse(socket, { kind: 'refused', why: 'full', origin: request.headers.origin });
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new TerminalConnection(webSocket, { grant, channel: session.channel, isRevoked: this.#options.isRevoked });
      session.connections.add(connection);
      this.#options.report({ kind: 'socket-opened', sessionId: grant.sessionId, userId: grant.userId });
      webSocket.on('close', (code) => {
        session.connections.delete(connection);
        this.#options.report({ kind: 'socket-closed', sessionId: grant.sessionId, userId: grant.userId, code });
      });
    });
  }

  /** The session is over or its sandbox was replaced: closes its sockets and its channel. */
  closeSession(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    session.recorder?.stop();
    session.channel.stop();
    for (const connection of session.connections) connection.close(closeCode.ended);
  }

  /** The account was closed or its rights were taken away: cuts it off. */
  closeUser(userId: string): void {
    this.#closeWhere((grant) => grant.userId === userId);
  }

  /** Puts a marker into the session's recordings, for example a step or a verdict. */
  mark(sessionId: string, label: string): void {
    this.#sessions.get(sessionId)?.recorder?.mark(label);
  }

  /** Sockets open now, for metrics. */
  get socketCount(): number {
    return [...this.#sessions.values()].reduce((sum, session) => sum + session.connections.size, 0);
  }

  /** Closes everything; pages come back when the server does, the shells live on. */
  stop(): void {
    clearInterval(this.#revocationTimer);
    for (const session of this.#sessions.values()) {
      for (const connection of session.connections) connection.close(closeCode.restarting);
      session.recorder?.stop();
      session.channel.stop();
    }
    this.#sessions.clear();
  }

  #session(sessionId: string): Session {
    const found = this.#sessions.get(sessionId);
    if (found !== undefined) return found;
    const { openChannel, recording, report } = this.#options;
    const channel = new SandboxChannel({ sessionId, open: () => openChannel(sessionId), report, gone: () => this.closeSession(sessionId) });
    const recorder = recording === undefined ? undefined : new Recorder({ ...recording, sessionId, channel, report });
    const session: Session = { channel, connections: new Set(), recorder };
    this.#sessions.set(sessionId, session);
    return session;
  }

  #cutRevoked(): void {
    this.#closeWhere((grant) => this.#options.isRevoked(grant));
  }

  #closeWhere(matches: (grant: TerminalGrant) => boolean): void {
    for (const session of this.#sessions.values()) {
      for (const connection of session.connections) if (matches(connection.grant)) connection.close(closeCode.revoked);
    }
  }

  #refuse(socket: Duplex, event: Extract<TerminalEvent, { kind: 'refused' }>): void {
    this.#options.report(event);
    const { status, title, fix } = errorCatalogue['terminal-refused'];
    const body = JSON.stringify({ type: '/problems/terminal-refused', status, title, detail: fix });
    const head = [
      'HTTP/1.1 403 Forbidden',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
}
