/** Pages remembered for each terminal; the one that was silent longest is forgotten. */
const maxClients = 32;

interface ClientState {
  last: number;
  confirmTimer: NodeJS.Timeout | undefined;
}

/** Remembers the last input taken from each page, so that one sent again after a reconnect is not typed twice. */
export class InputLedger {
  readonly #clients = new Map<string, ClientState>();

  /** Sequence number of the last input taken; 0 when there was none. */
  last(client: string): number {
    return this.#clients.get(client)?.last ?? 0;
  }

  /** True when this input is new; it counts as taken from now on. */
  take(client: string, sequence: number): boolean {
    const state = this.#clients.get(client) ?? { last: 0, confirmTimer: undefined };
    if (sequence <= state.last) return false;
    state.last = sequence;
    this.#clients.delete(client);
    this.#clients.set(client, state);
    this.#forgetOldest();
    return true;
  }

  /** Calls `confirm` with the last sequence number after `afterMs`, once for all that came until then. */
  confirmLater(client: string, afterMs: number, confirm: (sequence: number) => void): void {
    const state = this.#clients.get(client);
    if (state === undefined) return;
    state.confirmTimer ??= setTimeout(() => {
      state.confirmTimer = undefined;
      confirm(state.last);
    }, afterMs);
  }

  dispose(): void {
    for (const state of this.#clients.values()) clearTimeout(state.confirmTimer);
    this.#clients.clear();
  }

  #forgetOldest(): void {
    if (this.#clients.size <= maxClients) return;
    const [oldest] = this.#clients;
    if (oldest !== undefined) this.#clients.delete(oldest[0]);
  }
}
