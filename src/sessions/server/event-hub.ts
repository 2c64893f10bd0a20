import { randomBytes } from 'node:crypto';
import type { SessionEvent } from '../session.ts';

/** Events kept per session for clients that come back; a start sends about thirty, a check two. */
const keptEvents = 200;

interface NumberedEvent {
  readonly number: number;
  readonly event: SessionEvent;
}

/** Receives the events of one session with their ids; must not throw. */
export type Listener = (id: string, event: SessionEvent) => void;

interface Channel {
  nextNumber: number;
  readonly kept: NumberedEvent[];
  readonly listeners: Set<Listener>;
}

/** Announces what happens in sessions to whoever listens. Control flow never depends on it. */
export class EventHub {
  /** Numbers begin anew with every run of the server; ids name the run, so that an old id is not taken for a new one. */
  readonly #run = randomBytes(3).toString('hex');
  readonly #channels = new Map<string, Channel>();

  publish(sessionId: string, event: SessionEvent): void {
    const channel = this.#channel(sessionId);
    const number = channel.nextNumber;
    channel.nextNumber += 1;
    channel.kept.push({ number, event });
    if (channel.kept.length > keptEvents) channel.kept.shift();
    for (const listener of channel.listeners) listener(this.#idOf(number), event);
  }

  /** Listens from now on, after what is kept above `afterId` when it is an id of this run; returns how to stop. */
  subscribe(sessionId: string, listener: Listener, afterId?: string): () => void {
    const channel = this.#channel(sessionId);
    const after = this.#numberOf(afterId);
    for (const { number, event } of channel.kept) if (number > after) listener(this.#idOf(number), event);
    channel.listeners.add(listener);
    return () => void channel.listeners.delete(listener);
  }

  /** Sessions that somebody listens to. */
  listenedSessions(): string[] {
    return [...this.#channels].filter(([, channel]) => channel.listeners.size > 0).map(([id]) => id);
  }

  /** Number of listeners over all sessions. */
  listenerCount(): number {
    return [...this.#channels.values()].reduce((sum, channel) => sum + channel.listeners.size, 0);
  }

  /** Forgets what was kept of a session. */
  forget(sessionId: string): void {
    const channel = this.#channels.get(sessionId);
    if (channel === undefined) return;
    channel.kept.length = 0;
    if (channel.listeners.size === 0) this.#channels.delete(sessionId);
  }

  #idOf(number: number): string {
    return `${this.#run}-${number}`;
  }

  #numberOf(id: string | undefined): number {
    const [run, number] = (id ?? '').split('-');
    return run === this.#run && /^\d+$/.test(number ?? '') ? Number(number) : Number.POSITIVE_INFINITY;
  }

  #channel(sessionId: string): Channel {
    const known = this.#channels.get(sessionId);
    if (known !== undefined) return known;
    const channel: Channel = { nextNumber: 1, kept: [], listeners: new Set() };
    this.#channels.set(sessionId, channel);
    return channel;
  }
}
