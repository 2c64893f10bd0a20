import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SessionMetrics } from '../../sessions/server/session-metrics.ts';

/** What is counted at the moment of asking. */
export interface MetricSources {
  readonly sessionsByState: () => ReadonlyMap<string, number>;
  readonly terminalSockets: () => number;
  readonly eventStreams: () => number;
}

const startBuckets = [1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 90, 120];
const checkBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30];

/** The figures of one server. */
export class Metrics implements SessionMetrics {
  readonly #registry = new Registry();
  readonly #stages: Histogram<'stage'>;
  readonly #starts: Histogram;
  readonly #failures: Counter<'code'>;
  readonly #checks: Histogram<'lab'>;
  readonly #verdicts: Counter<'lab' | 'verdict'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#stages = new Histogram({
      name: 'proofground_sandbox_stage_seconds',
      help: 'Time of one stage of a start',
      labelNames: ['stage'],
      buckets: startBuckets,
      registers,
    });
    this.#starts = new Histogram({
      name: 'proofground_sandbox_start_seconds',
      help: 'Time from leaving the queue to ready',
      buckets: startBuckets,
      registers,
    });
    this.#failures = new Counter({
      name: 'proofground_session_failures_total',
      help: 'Sessions that failed',
      labelNames: ['code'],
      registers,
    });
    this.#checks = new Histogram({
      name: 'proofground_check_seconds',
      help: 'Time of checking one step',
      labelNames: ['lab'],
      buckets: checkBuckets,
      registers,
    });
    this.#verdicts = new Counter({
      name: 'proofground_verdicts_total',
      help: 'Verdicts on steps',
      labelNames: ['lab', 'verdict'],
      registers,
    });
  }

  /** Adds what is counted at the moment of asking. */
  watch(sources: MetricSources): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'proofground_sessions',
      help: 'Sessions by state; those that are starting, ready or paused hold a sandbox',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, count] of sources.sessionsByState()) this.set({ state }, count);
      },
    });
    gauge('proofground_terminal_sockets', 'Terminal sockets that are open', sources.terminalSockets);
    gauge('proofground_event_streams', 'Event streams that are open', sources.eventStreams);

    function gauge(name: string, help: string, count: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect: function () {
          this.set(count());
        },
      });
    }
  }

  observeStage(stage: string, elapsedMs: number): void {
    this.#stages.observe({ stage }, elapsedMs / 1000);
  }

  observeStart(elapsedMs: number): void {
    this.#starts.observe(elapsedMs / 1000);
  }

  countFailure(code: string): void {
    this.#failures.inc({ code });
  }

  observeCheck({ lab, verdict, elapsedMs }: { lab: string; verdict: string; elapsedMs: number }): void {
    this.#checks.observe({ lab }, elapsedMs / 1000);
    this.#verdicts.inc({ lab, verdict });
  }

  /** Everything in the Prometheus text format. */
  async text(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
