import type { Catalog } from '../../catalog/server/load-catalog.ts';
import type { AccountStore } from '../../identity/server/account-store.ts';
import type { PreparationBoard } from '../../platform/server/preparation-board.ts';
import type { ProgressStore } from '../../progress/server/progress-store.ts';
import type { EventHub } from '../../sessions/server/event-hub.ts';
import type { SessionManager } from '../../sessions/server/session-manager.ts';
import type { TicketBook } from '../../terminal/server/ticket-book.ts';

/** What the handlers work with. */
export interface ApiServices {
  readonly accounts: AccountStore;
  readonly catalog: Catalog;
  readonly progress: ProgressStore;
  readonly sessions: SessionManager;
  readonly hub: EventHub;
  readonly tickets: TicketBook;
  readonly board: PreparationBoard;
  /** Name of the sign-in cookie; it carries the instance, since cookies do not tell ports apart. */
  readonly cookieName: string;
  /** Whether cookies are sent over TLS only. */
  readonly secureCookies: boolean;
  /** Closes the terminals of an account at once. */
  readonly closeTerminalsOf: (accountId: string) => void;
  /** Figures in the Prometheus text format. */
  readonly metricsText: () => Promise<{ contentType: string; text: string }>;
}
