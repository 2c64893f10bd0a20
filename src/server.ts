import { join, resolve } from 'node:path';
import { buildSite } from './http/server/build-site.ts';
import { HttpServer } from './http/server/http-server.ts';
import { Router } from './http/server/router.ts';
import { Site } from './http/server/site.ts';
import { allowedOrigins, originOf, readConfig, type PlatformConfig } from './platform/server/config.ts';
import { createPlatform, type Platform } from './platform/server/create-platform.ts';
import { createWorkshop } from './platform/server/create-workshop.ts';
import { PlatformKeeper } from './platform/server/keep-prepared.ts';
import { Metrics } from './platform/server/metrics.ts';
import { openGround, type Ground } from './platform/server/open-ground.ts';
import { PreparationBoard } from './platform/server/preparation-board.ts';
import { ProgressPrinter } from './platform/server/print-progress.ts';
import { onStopSignals } from './platform/server/stop-signals.ts';
import { routes } from './routes.ts';
import { EventHub } from './sessions/server/event-hub.ts';
import { SessionManager } from './sessions/server/session-manager.ts';
import { SessionStore } from './sessions/server/session-store.ts';
import { toPlatformError } from './shared/errors.ts';
import { runStage } from './shared/server/run-stage.ts';
import { TerminalGateway } from './terminal/server/terminal-gateway.ts';
import { TicketBook } from './terminal/server/ticket-book.ts';

const root = resolve(import.meta.dirname, '..');
const printer = new ProgressPrinter(process.stdout, process.env);

try {
  await serve(readConfig(process.env));
} catch (error) {
  const { code, message, fix } = toPlatformError(error);
  printer.stop();
  process.stderr.write(`x ${message}\n  ${fix}\n  (${code})\n`);
  process.exit(1);
}

/** Serves at once; what labs need is prepared behind. */
async function serve(config: PlatformConfig): Promise<void> {
  const ground = await openGround(config);
  for (const { folder, message } of ground.catalog.problems) printer.line(`x labs/${folder} is left out: ${message}`);
  const learning = wireSessions(ground);
  const { http, showSite } = wireHttp(ground, learning);
  const port = await http.listen(config.host, config.port);
  learning.origins.push(...allowedOrigins(config, port));
  const address = config.origins[0] ?? originOf(config.host, port);
  await ground.data.announce(address);
  await learning.sessions.load();
  printer.line(`${printer.bold('Proofground')} serves ${address}; labs open as soon as they are prepared.`);

  const stopping = new AbortController();
  onStopSignals(async () => {
    printer.line('Stopping; sandboxes live on, `npm run down` removes them.');
    stopping.abort();
    learning.sessions.close();
    learning.terminals.stop();
    await http.close();
    await ground.store.destroy();
    ground.data.release();
    printer.stop();
    process.exit(0);
  });
  const siteShown = runStage(printer.report, { stage: 'site', title: 'Building the site', expectedMs: 20_000 }, async () => {
    await buildSite(root);
    showSite(await Site.load(join(root, 'dist')));
  }).catch((error: unknown) => tellFailure(ground, error));
  await Promise.all([siteShown, keepPrepared(ground, learning, { address, signal: stopping.signal })]);
}

function wireSessions({ accounts, catalog, config, durations, log, progress, store, warn }: Ground) {
  const live = {
    hub: new EventHub(),
    metrics: new Metrics(),
    tickets: new TicketBook(),
    revoked: new Set<string>(),
    origins: [] as string[],
  };
  let onEngineLost = (): void => undefined;
  const sessions: SessionManager = new SessionManager(
    {
      ...{ hub: live.hub, metrics: live.metrics, progress, durations, warn },
      sessions: new SessionStore(store),
      findLab: (id) => catalog.findLab(id)?.lab,
      findAccount: (id) => accounts.find(id),
      sessionMs: config.sessionMs,
      onOver: (sessionId) => terminals.closeSession(sessionId),
    },
    (reason) => void sessions.lose(reason).finally(() => onEngineLost()),
  );
  const terminals = new TerminalGateway({
    allowedOrigins: live.origins,
    redeemTicket: (ticket) => live.tickets.redeem(ticket),
    isRevoked: ({ userId }) => live.revoked.has(userId),
    openChannel: async (sessionId) => sessions.sandboxById(sessionId).openPtyHost(),
    report: (event) => log.debug(event, 'terminal'),
  });
  const counts = { sessionsByState: () => sessions.countByState(), terminalSockets: () => terminals.socketCount };
  live.metrics.watch({ ...counts, eventStreams: () => live.hub.listenerCount() });
  return { ...live, board: new PreparationBoard(), sessions, terminals, whenEngineIsLost: (act: () => void) => (onEngineLost = act) };
}

type Learning = ReturnType<typeof wireSessions>;

function wireHttp({ accounts, catalog, config, data, log, progress }: Ground, learning: Learning) {
  const { board, hub, metrics, origins, revoked, sessions, terminals, tickets } = learning;
  const services = {
    ...{ accounts, catalog, progress, sessions, hub, tickets, board },
    cookieName: `proofground-${data.instance}`,
    secureCookies: config.origins.length > 0 && config.origins.every((origin) => origin.startsWith('https:')),
    closeTerminalsOf: (accountId: string): void => {
      revoked.add(accountId);
      terminals.closeUser(accountId);
    },
    metricsText: () => metrics.text(),
  };
  const onMistake = (error: Error): void => log.error({ err: error.cause ?? error }, error.message);
  const router = new Router({ routes, services, allowedOrigins: origins, onMistake });
  let site: Site | undefined;
  const http = new HttpServer({ router, site: () => site, upgradeTerminal: (...upgrade) => terminals.handleUpgrade(...upgrade) });
  return { http, showSite: (built: Site) => (site = built) };
}

async function keepPrepared(
  ground: Ground,
  learning: Learning,
  { address, signal }: { address: string; signal: AbortSignal },
): Promise<void> {
  const { catalog, config, warn } = ground;
  const { board, sessions } = learning;
  const report: typeof board.report = (event) => {
    board.report(event);
    printer.report(event);
  };
  const keeper = new PlatformKeeper<Platform>({
    ...{ board, signal },
    prepare: () => createPlatform({ config, report, catalog, warn }),
    open: async (platform) => {
      await sessions.open(await createWorkshop(platform));
      printer.line(`${printer.bold('Ready.')} Open ${address} and start a lab. Ctrl-C stops the server; labs go on.`);
    },
    onFailure: (error, retryMs) => tellFailure(ground, error, ` Tried again in ${retryMs / 1000} s.`),
  });
  learning.whenEngineIsLost(() => keeper.lost());
  await keeper.run();
}

function tellFailure({ log }: Ground, error: unknown, next = ''): void {
  log.error({ err: error }, 'a part of the preparation failed');
  const { message, fix } = toPlatformError(error);
  printer.line(`x ${message}\n  ${fix}${next}`);
}
