import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Session, SessionEvent, SessionState } from '../../../src/sessions/session.ts';
import { TerminalSocket, type SocketLike } from '../../../src/terminal/browser/terminal-socket.ts';

/** A learner with a cookie, at whatever address the server has now. */
export class Learner {
  readonly #address: () => string;
  #cookie = '';

  constructor(address: () => string) {
    this.#address = address;
  }

  async signIn(): Promise<this> {
    const response = await this.request('POST', '/api/v1/guests', {});
    assert.equal(response.status, 201);
    this.#cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    return this;
  }

  request(method: string, path: string, body?: unknown): Promise<Response> {
    const payload = body === undefined ? {} : { body: body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body) };
    return fetch(this.#address() + path, { method, headers: { cookie: this.#cookie }, ...payload });
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.request(method, path, body);
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
    return (await response.json()) as T;
  }

  /** Waits until the session is in one of the states. */
  async untilState(id: string, states: readonly SessionState[], timeoutMs = 240_000): Promise<Session> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const session = await this.json<Session>('GET', `/api/v1/sessions/${id}`);
      if (states.includes(session.state)) return session;
      assert.ok(Date.now() < deadline, `The session is still ${session.state}: ${JSON.stringify(session.stages)}`);
      await sleep(200);
    }
  }

  /** Follows a session's events. */
  follow(id: string): { next<Event extends SessionEvent>(wanted: (event: SessionEvent) => event is Event): Promise<Event> } {
    const response = this.request('GET', `/api/v1/sessions/${id}/events`);
    return {
      next: async (wanted) => {
        let text = '';
        for await (const chunk of (await response).body as unknown as AsyncIterable<Uint8Array>) {
          text += Buffer.from(chunk).toString('utf8');
          const events = [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, data]) => JSON.parse(data ?? '') as SessionEvent);
          const found = events.find(wanted);
          if (found !== undefined) return found;
        }
        throw new Error(`The stream ended: ${text}`);
      },
    };
  }

  /** Types a command into terminal 0 through the real socket and waits for what it must show. */
  async types(id: string, command: string, shows: RegExp): Promise<string> {
    const socket = this.#openSocket(id);
    let seen = '';
    const line = socket.open(
      0,
      { cols: 120, rows: 30 },
      {
        output: (bytes, drawn) => {
          seen += Buffer.from(bytes).toString('utf8');
          drawn();
        },
        snapshot: (_screen, drawn) => drawn(),
        replaced: () => undefined,
        size: () => undefined,
        exit: () => undefined,
      },
    );
    try {
      line.input(Buffer.from(`${command}\n`));
      const deadline = Date.now() + 30_000;
      for (let found = shows.exec(seen); ; found = shows.exec(seen)) {
        if (found !== null) return found[0];
        assert.ok(Date.now() < deadline, `The terminal does not show ${String(shows)}: ${seen}`);
        await sleep(20);
      }
    } finally {
      socket.dispose();
    }
  }

  #openSocket(id: string): TerminalSocket {
    const origin = this.#address();
    return new TerminalSocket({
      getTicket: async () => (await this.json<{ ticket: string }>('POST', `/api/v1/sessions/${id}/tickets`)).ticket,
      socketUrl: (ticket) => `${origin.replace('http', 'ws')}/api/v1/sessions/${id}/terminals?ticket=${ticket}`,
      connect: (url, protocol) => {
        const socket = new WebSocket(url, protocol, { origin, perMessageDeflate: false });
        socket.on('error', () => undefined);
        return socket as unknown as SocketLike;
      },
      onStatus: () => undefined,
      onTerminals: () => undefined,
    });
  }
}
