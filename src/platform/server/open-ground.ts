import { join } from 'node:path';
import type { Logger } from 'pino';
import { loadCatalog, type Catalog } from '../../catalog/server/load-catalog.ts';
import { AccountStore } from '../../identity/server/account-store.ts';
import { ProgressStore } from '../../progress/server/progress-store.ts';
import { openStore, type Store } from '../../store/server/store.ts';
import type { PlatformConfig } from './config.ts';
import { labsDirectory } from './create-platform.ts';
import { claimDataDirectory, type DataDirectory } from './data-directory.ts';
import { openLog } from './log.ts';
import { checkMachine } from './machine-checks.ts';
import { StageDurations } from './stage-durations.ts';

/** What is there before anything is prepared: the data directory with all that is kept in it, and the labs. */
export interface Ground {
  readonly config: PlatformConfig;
  readonly data: DataDirectory;
  readonly log: Logger;
  readonly warn: (message: string, error?: unknown) => void;
  readonly store: Store;
  readonly accounts: AccountStore;
  readonly progress: ProgressStore;
  readonly durations: StageDurations;
  readonly catalog: Catalog;
}

/**
 * Takes the data directory and looks at the machine before anything is made on it.
 * @throws PlatformError `data-in-use`, `data-damaged`, `disk-too-small`, `memory-too-small` or `port-busy`
 */
export async function openGround(config: PlatformConfig): Promise<Ground> {
  const data = await claimDataDirectory(config.dataDirectory);
  await checkMachine(config);
  const log = openLog(config);
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const store = await openStore(join(data.path, 'proofground.db'));
  const stores = { accounts: new AccountStore(store), progress: new ProgressStore(store), durations: await StageDurations.load(store) };
  return { config, data, log, warn, store, ...stores, catalog: await loadCatalog(labsDirectory) };
}
