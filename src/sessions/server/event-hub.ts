import type { SessionEvent } from '../session.ts';

/** Events kept per session for clients that come back; a start sends about thirty, a check two. */
const keptEvents = 200;

/** An event with its number; numbers grow by one within a session and a run of the server. */
export interface NumberedEvent {
  readonly id: number;
  readonly event: SessionEvent;
}

/** Receives the events of one session; must not throw. */
export type Listener = (event: NumberedEvent) => void;

interface Channel {
  nextId: number;
  readonly kept: NumberedEvent[];
  readonly listeners: Set<Listener>;
}

/** Announces what happens in sessions to whoever listens. Control flow never depends on it. */
export class EventHub {
  readonly #channels = new Map<string, Channel>();

  publish(sessionId: string, event: SessionEvent): void {
    const channel = this.#channel(sessionId);
    const numbered = { id: channel.nextId, event };
    channel.nextId += 1;
    channel.kept.push(numbered);
    if (channel.kept.length > keptEvents) channel.kept.shift();
    for (const listener of channel.listeners) listener(numbered);
  }

  /** Listens from now on, after what is still kept of the events above `afterId`; returns how to stop. */
  subscribe(sessionId: string, listener: Listener, afterId = Number.POSITIVE_INFINITY): () => void {
    const channel = this.#channel(sessionId);
    for (const event of channel.kept) if (event.id > afterId) listener(event);
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

  /** Forgets a session; its listeners hear nothing more. */
  forget(sessionId: string): void {
    this.#channels.delete(sessionId);
  }

  #channel(sessionId: string): Channel {
    const known = this.#channels.get(sessionId);
    if (known !== undefined) return known;
    const channel: Channel = { nextId: 1, kept: [], listeners: new Set() };
    this.#channels.set(sessionId, channel);
    return channel;
  }
}
