import type { SessionEvent } from '../../sessions/session.ts';

const eventTypes = ['session', 'stage', 'checking', 'verdict', 'approvals'] as const satisfies readonly SessionEvent['type'][];

/** Milliseconds before the next attempt: soon at first, since a restarted server is back in seconds. */
const retryMs = [250, 500, 1000, 2000, 4000] as const;

/** What a stream tells its owner. */
export interface StreamListener {
  onEvent(event: SessionEvent): void;
  /** True after the first event of a connection, false when it is lost. */
  onConnected(connected: boolean): void;
}

/**
 * The events of one session. The browser reconnects by itself after a broken connection, but not after an answer that
 * is not a stream (a restarting server, a gateway): then this class does, until it is closed.
 */
export class EventStream {
  readonly #url: string;
  readonly #listener: StreamListener;
  #source: EventSource | undefined;
  #timer: number | undefined;
  #attempt = 0;
  #live = false;

  constructor(sessionId: string, listener: StreamListener) {
    this.#url = `/api/v1/sessions/${encodeURIComponent(sessionId)}/events`;
    this.#listener = listener;
    this.#open();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #open(): void {
    const source = new EventSource(this.#url);
    this.#source = source;
    const receive = (message: MessageEvent<string>): void => {
      this.#attempt = 0;
      this.#setLive(true);
      this.#listener.onEvent(JSON.parse(message.data) as SessionEvent);
    };
    for (const type of eventTypes) source.addEventListener(type, receive);
    source.addEventListener('error', () => {
      this.#setLive(false);
      if (source.readyState === EventSource.CLOSED) this.#retry();
    });
  }

  #setLive(live: boolean): void {
    if (this.#live === live) return;
    this.#live = live;
    this.#listener.onConnected(live);
  }

  #retry(): void {
    const delay = retryMs[Math.min(this.#attempt, retryMs.length - 1)];
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#open(), delay);
  }
}
