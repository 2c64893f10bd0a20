import type { Role, TerminalEntry } from './protocol.ts';

/** Text frames to the browser: JSON. */
export type ServerControl =
  /** First of all; `role` is what the ticket allows. */
  | { readonly type: 'hello'; readonly version: 1; readonly role: Role }
  /** The sandbox can be reached: attach now. Sent again after each `lost`. */
  | { readonly type: 'ready'; readonly terminals: readonly TerminalEntry[] }
  /** The list of living terminals has changed. */
  | { readonly type: 'terminals'; readonly terminals: readonly TerminalEntry[] }
  /** The sandbox cannot be reached for now; repeated at each attempt, which also shows that the server lives. */
  | { readonly type: 'lost' }
  /** Something was not done because the role forbids it. */
  | { readonly type: 'refused'; readonly what: 'input' | 'resize' | 'close' | 'attach' };

/** Text frames from the browser: JSON. */
export interface ClientControl {
  readonly type: 'hello';
  readonly version: 1;
  /** 16 hex digits, made once per page load: what tells a repeated INPUT from a new one after a reconnect. */
  readonly client: string;
}

/** Why the server closed the socket, as WebSocket close codes. */
export const closeCode = {
  /** The bytes were not the protocol. */
  protocolError: 4400,
  /** The right to use the session was taken away. */
  revoked: 4401,
  /** The browser reads too slowly for what is waiting for it. */
  tooSlow: 4408,
  /** The session or its sandbox has ended: do not come back. */
  ended: 4410,
  /** The server stops: come back soon. */
  restarting: 1012,
} as const;
