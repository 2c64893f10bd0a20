import type { Refusal } from './admission.ts';

/** What the operator may want to know, for logs and metrics; announced, never waited for. */
export type TerminalEvent =
  | { readonly kind: 'refused'; readonly why: Refusal | 'full'; readonly origin: string | undefined }
  | { readonly kind: 'socket-opened'; readonly sessionId: string; readonly userId: string }
  | { readonly kind: 'socket-closed'; readonly sessionId: string; readonly userId: string; readonly code: number }
  | { readonly kind: 'channel-ready'; readonly sessionId: string; readonly afterMs: number }
  | { readonly kind: 'channel-lost'; readonly sessionId: string; readonly reason: string }
  | { readonly kind: 'recording-failed'; readonly sessionId: string; readonly reason: string };

/** Receives events; must not throw. */
export type ReportTerminal = (event: TerminalEvent) => void;
