import { labFiles } from '../../catalog/server/lab-files.ts';
import type { LoadedLab } from '../../catalog/server/load-catalog.ts';
import type { LoadedStep } from '../../catalog/server/load-step.ts';
import { labVariables, resolveVariables } from '../../catalog/variables.ts';
import { checkStep } from '../../grading/server/check-step.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { ReadySandbox, SandboxDriver } from '../../sandboxes/server/sandbox-driver.ts';
import type { Report } from '../../shared/progress.ts';
import { newId } from '../../shared/server/ids.ts';
import type { TrustServices } from '../../trust/server/trust-services.ts';
import { withApprovals } from './answer-approvals.ts';

/** The learner whom all scripts of a proof belong to. */
const proofLearner = 'ada@learners.lab';
/** Builds and roll-outs take seconds; a script that takes this long hangs. */
const scriptTimeoutMs = 240_000;

/** A script that ended with an error; the message holds the last lines that it said. */
export class ScriptFailed extends Error {}

/** Where a lab is tried. */
export interface Bench {
  readonly lab: LoadedLab;
  readonly driver: SandboxDriver;
  readonly trust: TrustServices;
}

/** A fresh sandbox of a lab in which scripts run as the learner; removed when it is disposed of. */
export class LabBench implements AsyncDisposable {
  readonly sandbox: ReadySandbox;
  readonly #bench: Bench;

  private constructor(bench: Bench, sandbox: ReadySandbox) {
    this.#bench = bench;
    this.sandbox = sandbox;
  }

  /** Starts a sandbox with all that `step` and the steps before it need. */
  static async open(bench: Bench, step: LoadedStep, report: Report = () => undefined): Promise<LabBench> {
    const [id, sessionId] = [newId(), newId()];
    const variables = labVariables({ sessionId, email: proofLearner });
    const files = labFiles(bench.lab, variables);
    const sandbox = await bench.driver.start(
      { id, sessionId, needs: step.needs, learner: { email: proofLearner }, variables, files },
      report,
    );
    return new LabBench(bench, sandbox);
  }

  /** Runs a script in the lab folder; its signatures are approved as `approver`. Throws ScriptFailed. */
  async run(script: string, approver = proofLearner): Promise<void> {
    const { linkAddress, sessionId } = this.sandbox;
    const text = resolveVariables(script, labVariables({ sessionId, email: proofLearner }));
    const command = ['bash', '-euo', 'pipefail', '-c', text];
    const work = (): ReturnType<ReadySandbox['exec']> =>
      this.sandbox.exec(command, { timeoutMs: scriptTimeoutMs, maxBytes: 4 * 1024 * 1024 });
    const approvals = { trust: this.#bench.trust, linkAddress, email: approver };
    const result = await (linkAddress === '' ? work() : withApprovals(approvals, work));
    if (result.exitCode === 0) return;
    const said = `${result.stdout.toString('utf8').slice(-400)}\n${result.stderr.toString('utf8').slice(-800)}`.trim();
    throw new ScriptFailed(
      `${result.timedOut ? `did not end within ${scriptTimeoutMs / 1000} s` : `exit code ${result.exitCode}`}: ${said}`,
    );
  }

  check(step: LoadedStep): Promise<Verdict> {
    return checkStep({ step, sandbox: this.sandbox, trust: this.#bench.trust });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bench.driver.stop(this.sandbox.id);
  }
}
